import type { Platform } from '../platform.ts';

/** Larger delays overflow the runtimes' timers and would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Holds the process until the work is done. @param work given what resolves, with false, once the time is over */
export async function within<T>(
  platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'holdProcess'>,
  timeoutMs: number,
  work: (late: Promise<false>) => Promise<T>,
): Promise<T> {
  const release = platform.holdProcess?.();
  let timer: unknown;
  const late = new Promise<false>((resolve) => {
    timer = platform.setTimer(() => resolve(false), Math.min(timeoutMs, MAX_TIMER_MS));
  });
  try {
    return await work(late);
  } finally {
    platform.clearTimer(timer);
    release?.();
  }
}
