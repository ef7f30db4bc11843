import { channel } from '../builtins.ts';

type Event = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/**
 * One of the channels that a tracing channel is made of: https://nodejs.org/api/diagnostics_channel.html#tracingchannel-channels.
 * All five of each call that may be traced, most of which never are, would be most of what libraries cost a start.
 */
export function eventChannel(name: string, event: Event): ReturnType<typeof channel> {
  return channel(`tracing:${name}:${event}`);
}
