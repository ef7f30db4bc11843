/** Why a span did not arrive. Closed: `stats().dropped` always has each of these keys. */
export const DROP_REASONS = [
  'unsampled',
  'ignored',
  'filtered',
  'no_parent',
  'suppressed',
  'memory_budget',
  'transaction_limit',
  'rate_limited',
  'throttled',
  'network',
  'rejected',
  'storage',
  'shutdown',
  'closed',
  'no_destination',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** A rate-limit and client-report category. */
export type LossCategory = 'span' | 'transaction' | 'profile_chunk' | 'profile_chunk_ui';

/** A count for each reason, all zero. */
export function noDrops(): Record<DropReason, number> {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
}

/** The `reason` of a client report for each loss; absent: the backend is not told (it counted the loss itself, or nobody listens). */
export const WIRE_REASONS: Readonly<Partial<Record<DropReason, string>>> = {
  unsampled: 'sample_rate',
  ignored: 'ignored',
  filtered: 'event_processor',
  no_parent: 'no_parent_span',
  memory_budget: 'buffer_overflow',
  transaction_limit: 'buffer_overflow',
  rate_limited: 'ratelimit_backoff',
  network: 'network_error',
  rejected: 'send_error',
  storage: 'cache_overflow',
};
