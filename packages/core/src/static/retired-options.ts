/** Options of SDKs that send transactions, with what there is instead. */
export const retiredOptions: Readonly<Record<string, string>> = {
  beforeSendTransaction: 'use beforeSendSpan to change spans, ignoreSpans or filterSegment to leave them out',
  ignoreTransactions: 'use ignoreSpans',
  enableTracing: 'use tracesSampleRate',
  tracingOrigins: 'use tracePropagationTargets',
  autoSessionTracking: 'sessions are not part of this SDK',
  beforeSend: 'errors are not part of this SDK',
};
