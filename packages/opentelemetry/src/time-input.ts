import type { HrTime, TimeInput } from '@opentelemetry/api';
import type { Current } from '@spanstream/core';

type Clock = Current['tracer']['clock'];

/** Whether the value is a time in one of the forms that OpenTelemetry knows. */
export function isTimeInput(value: unknown): value is TimeInput {
  try {
    return typeof value === 'number' || value instanceof Date || isHrTime(value);
  } catch {
    return false; // a revoked proxy, or one that throws
  }
}

/**
 * Milliseconds since the epoch; undefined for what is no time. A number that is not after `performance.now()` is one of its
 * times, as in OpenTelemetry's own SDK.
 */
export function toEpochMs(time: TimeInput | undefined, clock: Clock): number | undefined {
  if (time === undefined || time === null) return undefined;
  if (typeof time === 'number') {
    clock.now();
    return time <= clock.monotonicMs ? time + clock.offsetMs : time;
  }
  try {
    if (isHrTime(time)) return time[0] * 1000 + time[1] / 1e6;
    return time instanceof Date ? time.getTime() : undefined;
  } catch {
    return undefined; // a hostile getter or a revoked proxy is no time
  }
}

/** Seconds and nanoseconds since the epoch, to the microsecond that is recorded. */
export function toHrTime(epochMs: number): HrTime {
  const us = Math.round(epochMs * 1000);
  const seconds = Math.floor(us / 1e6);
  return [seconds, (us - seconds * 1e6) * 1000];
}

function isHrTime(value: unknown): value is HrTime {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number';
}
