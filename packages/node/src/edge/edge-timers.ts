/** A timer that outlives the invocation that armed it. */
interface EdgeTimer {
  readonly callback: () => void;
  readonly dueMs: number;
  /** What the runtime gave for it, the latest where several invocations have it. */
  handle: unknown;
}

const pending = new Set<EdgeTimer>();

/** A timer that never keeps a process alive. Where it ends with its invocation, `reviveTimers` arms it again in a later one. */
export function setEdgeTimer(callback: () => void, delayMs: number): unknown {
  const timer = { callback, dueMs: performance.now() + delayMs, handle: undefined };
  pending.add(timer);
  arm(timer);
  return timer;
}

/** It does not fire any more. */
export function clearEdgeTimer(timer: unknown): void {
  if (pending.delete(timer as EdgeTimer)) clearTimeout((timer as EdgeTimer).handle as number);
}

/**
 * To be called in each invocation: the timers of one end with it, and which of those that run at a time ends last nobody
 * knows, so each has them all.
 */
export function reviveTimers(): void {
  for (const timer of pending) arm(timer);
}

function arm(timer: EdgeTimer): void {
  const fire = (): void => {
    if (pending.delete(timer)) timer.callback();
  };
  try {
    timer.handle = setTimeout(fire, Math.max(0, Math.ceil(timer.dueMs - performance.now())));
    const { handle } = timer;
    if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') handle.unref();
  } catch {
    // Outside of invocations workerd refuses timers; the next one arms it.
  }
}
