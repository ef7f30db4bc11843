import type { SpanParts } from '../wire/constants.ts';
import { indexOf } from '../span/attributes.ts';
import { STATUS_MESSAGE } from '../span/span.ts';

/** The status words of transactions: those of gRPC, https://develop.sentry.dev/sdk/telemetry/traces/span-status/ */
const STATUS_WORDS = [
  'ok',
  'cancelled',
  'unknown',
  'unknown_error',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal_error',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const;

/**
 * What a span's status is called in transactions. All words but `ok` and `cancelled` mean an error; streamed spans know `ok` and
 * `error` only and keep the word as `sentry.status.message`.
 * @deprecated Streamed spans have `setStatus('ok' | 'error', message)`.
 */
export type StatusWord = (typeof STATUS_WORDS)[number];

const known: ReadonlySet<unknown> = /* @__PURE__ */ new Set(STATUS_WORDS);

/** Words for answers of HTTP that have one of their own. */
const HTTP_WORDS: Readonly<Record<number, StatusWord>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  413: 'failed_precondition',
  429: 'resource_exhausted',
  499: 'cancelled',
  501: 'unimplemented',
  503: 'unavailable',
  504: 'deadline_exceeded',
};

/** Whether the text is one of the words. */
export function isStatusWord(word: unknown): word is StatusWord {
  return known.has(word);
}

/** The status as a word: the one that was set, else that of the HTTP status, else the plainest. */
export function toStatusWord({ status, attributes }: SpanParts): StatusWord {
  const word = valueOf(attributes, STATUS_MESSAGE);
  if (status === 'ok') return word === 'cancelled' ? word : 'ok';
  if (isStatusWord(word) && word !== 'ok') return word;
  const code = valueOf(attributes, 'http.response.status_code');
  if (typeof code !== 'number' || code < 400) return 'internal_error';
  return HTTP_WORDS[code] ?? (code < 500 ? 'invalid_argument' : 'internal_error');
}

function valueOf(attributes: SpanParts['attributes'], key: string): unknown {
  const at = indexOf(attributes, key);
  return at < 0 ? undefined : attributes[at + 1];
}
