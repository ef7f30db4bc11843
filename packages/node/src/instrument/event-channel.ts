import { channel } from '../builtins.ts';

type Event = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/**
 * One of the channels that a tracing channel is made of: https://nodejs.org/api/diagnostics_channel.html#tracingchannel-channels.
 * A start makes those that are listened to, not five for each call that may be traced, most of which never are.
 */
export function eventChannel(name: string, event: Event): ReturnType<typeof channel> {
  return channel(`tracing:${name}:${event}`);
}
