import type { IntegrationClient, Teardown } from '@spanstream/core';
import { tracingChannel } from '../builtins.ts';
import type { CallMessage } from './trace-channel.ts';

/** Sees each call that the channel tells of before it is made: its arguments may be changed. */
export function onStart({ current }: IntegrationClient, channel: string, handle: (message: CallMessage) => void): Teardown {
  return subscribeTo(current, tracingChannel(channel).start, handle);
}

/** Sees what each call that the channel tells of has returned: it may be changed. */
export function onEnd({ current }: IntegrationClient, channel: string, handle: (message: CallMessage) => void): Teardown {
  return subscribeTo(current, tracingChannel(channel).end, handle);
}

function subscribeTo(
  current: IntegrationClient['current'],
  channel: ReturnType<typeof tracingChannel>['start'],
  handle: (message: CallMessage) => void,
): Teardown {
  const listener = (message: unknown, name: string | symbol): void => {
    try {
      handle(message as CallMessage);
    } catch (error) {
      current.fault(String(name), error);
    }
  };
  channel.subscribe(listener);
  return () => {
    channel.unsubscribe(listener);
  };
}
