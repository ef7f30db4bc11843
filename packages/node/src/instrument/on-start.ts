import type { IntegrationClient, Teardown } from '@spanstream/core';
import { eventChannel } from './event-channel.ts';
import type { CallMessage } from './trace-channel.ts';

/** Sees each call that the channel tells of before it is made: its arguments may be changed. */
export function onStart({ current }: IntegrationClient, channel: string, handle: (message: CallMessage) => void): Teardown {
  const start = eventChannel(channel, 'start');
  const listener = (message: unknown): void => {
    try {
      handle(message as CallMessage);
    } catch (error) {
      current.fault(channel, error);
    }
  };
  start.subscribe(listener);
  return () => {
    start.unsubscribe(listener);
  };
}
