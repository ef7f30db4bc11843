import type { Context, IntegrationClient, Teardown } from '@spanstream/core';
import { contextManager } from '../platform.ts';
import { eventChannel } from './event-channel.ts';
import type { CallMessage } from './trace-channel.ts';

type Tracer = IntegrationClient['current']['tracer'];
type Callback = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Runs what opens a connection, or goes on for as long as there is one, outside of what asks for it: listeners of the connection
 * would be counted to somebody else's request, and keep it from being collected (R9). A callback runs where it was given.
 */
export function detachChannel({ current }: IntegrationClient, name: string): Teardown {
  return contextManager.bind(eventChannel(name, 'start'), (message) => {
    try {
      const { arguments: args } = message as CallMessage;
      const at = args.findLastIndex((argument) => typeof argument === 'function');
      if (at >= 0) args[at] = bindOnce(current.tracer, args[at] as Callback);
    } catch (error) {
      current.fault(name, error);
    }
    return current.tracer.rootContext;
  });
}

/** Connections keep the callback when it has been called; where it was given they need not. */
function bindOnce(tracer: Tracer, callback: Callback): Callback {
  let outer: Context | undefined = tracer.context;
  const bound: Callback = function (...args) {
    const context = outer ?? tracer.context;
    outer = undefined;
    return tracer.runIn(context, () => callback.apply(this, args));
  };
  Object.defineProperty(bound, 'length', { value: callback.length, configurable: true });
  return bound;
}
