/** Why the span of a page load or navigation ended: values of `sentry.idle_span_finish_reason`. */
export type IdleEndReason =
  /** Nothing has happened for a while. */
  | 'idleTimeout'
  /** It has lasted as long as it may. */
  | 'finalTimeout'
  /** A child does not end, and nothing else happens. */
  | 'heartbeatFailed'
  /** The page was hidden or left. */
  | 'documentHidden'
  /** The next navigation began. */
  | 'interactionInterrupted'
  /** The SDK was closed. */
  | 'externalFinish';

/** How long a page load or navigation waits, in ms. */
export interface IdleTimeouts {
  /** Without open children and with nothing new; default 1000. */
  readonly idleTimeoutMs?: number;
  /** In all; default 30,000. */
  readonly finalTimeoutMs?: number;
  /** With open children of which nothing is heard; default 15,000. */
  readonly childSpanTimeoutMs?: number;
}

/** What is known of a page load or navigation. Times are ms since the epoch. */
export interface IdleFacts {
  readonly nowMs: number;
  readonly startMs: number;
  /** The document has not loaded yet. */
  isLoading: boolean;
  openChildren: number;
  /** When a child that counts last started or ended. */
  lastChangeMs: number;
  /** The latest end of all that counts: children, the load event, the largest paint; the start when there is none. */
  activityEndMs: number;
  /** When everything that the load itself shows was there; Infinity while that is unknown. */
  quietMs: number;
  /** The user's first input; Infinity while there is none. */
  inputMs: number;
  /** Something that ends it in any case. */
  interruption?: IdleEndReason | undefined;
}

/** It is over, or to be looked at again. */
export type IdleDecision = { readonly reason: IdleEndReason; readonly endMs: number } | { readonly checkAtMs: number };

const NEVER_MS = Infinity;

/** How long nothing happens until it is over. */
export const idleTimeoutMs = (timeouts: IdleTimeouts): number => timeouts.idleTimeoutMs ?? 1000;

/**
 * When the span of a page load or navigation ends. Its end is that of the last thing that counts, not the moment in which
 * the rules notice; only what is still going on when it is cut off lasts until the cut.
 */
export function decideIdle(facts: IdleFacts, timeouts: IdleTimeouts): IdleDecision {
  const { nowMs, startMs, isLoading, openChildren, lastChangeMs, activityEndMs, interruption } = facts;
  const { finalTimeoutMs = 30_000, childSpanTimeoutMs = 15_000 } = timeouts;
  const idleMs = idleTimeoutMs(timeouts);
  const isBusy = isLoading || openChildren > 0;
  const finalMs = startMs + finalTimeoutMs;
  const quietMs = isBusy ? NEVER_MS : lastChangeMs + idleMs;
  const silentMs = isLoading || !isBusy ? NEVER_MS : lastChangeMs + childSpanTimeoutMs;
  const end = (reason: IdleEndReason, cutMs: number): IdleDecision => ({
    reason,
    endMs: Math.max(startMs, Math.min(isBusy ? cutMs : activityEndMs, finalMs, nowMs)),
  });
  // A timer that was late, e.g. of a hidden page, finds more than one of them due: the first one counts.
  const dueMs = Math.min(quietMs, silentMs, finalMs);
  if (nowMs >= dueMs) {
    if (!isBusy && activityEndMs + idleMs <= finalMs) return end('idleTimeout', 0);
    return dueMs === silentMs ? end('heartbeatFailed', Math.max(activityEndMs, lastChangeMs)) : end('finalTimeout', finalMs);
  }
  return interruption === undefined ? { checkAtMs: dueMs } : end(interruption, nowMs);
}

/**
 * Whether a child that starts then still belongs to it. What comes after the user's first input was caused by that; what
 * comes when the page had been there for the idle time already (polling) does not prolong its load.
 */
export function isPartOfLoad(childStartMs: number, { inputMs, quietMs }: IdleFacts, timeouts: IdleTimeouts): boolean {
  return childStartMs <= Math.min(inputMs, quietMs + idleTimeoutMs(timeouts));
}
