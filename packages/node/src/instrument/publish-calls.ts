import { tracingChannel } from '../builtins.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * A function in the place of the given one that tells a tracing channel of each call until the promise that it returns is
 * settled, as hooks make functions of a library do; it takes over name and length (R36). Where nobody listens it calls that
 * function and nothing else.
 */
export function publishCalls(call: AnyFunction, channelName: string): AnyFunction {
  const channel = tracingChannel<unknown, object>(channelName);
  const published: AnyFunction = function (...args) {
    if (!channel.start.hasSubscribers) return call.apply(this, args);
    return channel.tracePromise(call as () => Promise<unknown>, { arguments: args, self: this }, this, ...(args as []));
  };
  Object.defineProperty(published, 'name', { value: call.name, configurable: true });
  Object.defineProperty(published, 'length', { value: call.length, configurable: true });
  return published;
}
