import { serializeDsc, type DynamicSamplingContext } from './dynamic-sampling-context.ts';
import { trimOws } from './traceparent.ts';

/** A `baggage` header taken apart. */
export interface Baggage {
  /** The members named `sentry-…`, without that prefix and decoded; without a prototype; of a key that comes twice the last one. */
  readonly sentry: DynamicSamplingContext;
  /** How many members `sentry` has. */
  readonly sentryCount: number;
  /** All other members as they came, properties included, joined by commas; empty if there are none. */
  readonly foreign: string;
}

/** The least that a propagator must pass on, and the most that this one sends: https://www.w3.org/TR/baggage/#limits */
const MAX_BAGGAGE_BYTES = 8192;
const MAX_BAGGAGE_MEMBERS = 64;
const SENTRY_PREFIX = 'sentry-';

/**
 * Takes a `baggage` header apart; several header lines are given joined by commas. Never throws: a value that is not
 * decodable stays as it is. Foreign members that no HTTP client would accept as a header value are left out, since a
 * request must not fail because of what it passes on (R28).
 */
export function parseBaggage(header: string): Baggage {
  const sentry: Record<string, string> = Object.create(null);
  let sentryCount = 0;
  let foreign = '';
  for (const part of header.split(',')) {
    const member = trimOws(part);
    if (!member.startsWith(SENTRY_PREFIX)) {
      if (isHeaderText(member)) foreign += foreign === '' ? member : `,${member}`;
      continue;
    }
    const key = decode(memberKey(member).slice(SENTRY_PREFIX.length));
    if (key === '') continue;
    if (sentry[key] === undefined) sentryCount++;
    sentry[key] = decode(memberValue(member));
  }
  return { sentry, sentryCount, foreign };
}

/**
 * A `baggage` header: the foreign members as they came, then ours. Past 8,192 bytes or 64 members foreign ones go
 * first, the last one before the others; one of ours that fits in no case goes too. Empty text: send no header.
 */
export function formatBaggage(dsc: DynamicSamplingContext | undefined, foreign: string | undefined): string {
  return joinWithinLimits(foreign ? foreign.split(',') : [], dsc === undefined ? [] : serializeDsc(dsc));
}

/**
 * The `baggage` of a request that carries one already: its own members first, as they are; then those passed on from
 * upstream whose key it does not have; then ours. Members named `sentry-…` on the request give way to ours, because a
 * mixture of two contexts would contradict `sentry-trace` (R23).
 */
export function mergeBaggage(existing: string, ours: string): string {
  const own = splitBaggage(existing);
  const added = splitBaggage(ours);
  const keys = new Set(own.foreign.map(memberKey));
  const foreign = own.foreign.concat(added.foreign.filter((member) => !keys.has(memberKey(member))));
  return joinWithinLimits(foreign, added.sentry.length > 0 ? added.sentry : own.sentry);
}

function splitBaggage(header: string): { foreign: string[]; sentry: string[] } {
  const foreign: string[] = [];
  const sentry: string[] = [];
  for (const part of header.split(',')) {
    const member = trimOws(part);
    if (isHeaderText(member)) (member.startsWith(SENTRY_PREFIX) ? sentry : foreign).push(member);
  }
  return { foreign, sentry };
}

function joinWithinLimits(foreign: readonly string[], ours: readonly string[]): string {
  const whole = foreign.concat(ours).join(',');
  // Two bytes a character at most: counting them would double the cost of the common case.
  if (whole.length * 2 <= MAX_BAGGAGE_BYTES && foreign.length + ours.length <= MAX_BAGGAGE_MEMBERS) return whole;
  let bytes = -1; // the first member has no comma in front
  let count = 0;
  const fits = (member: string): boolean => {
    const size = byteLength(member) + 1;
    if (bytes + size > MAX_BAGGAGE_BYTES || count === MAX_BAGGAGE_MEMBERS) return false;
    bytes += size;
    count++;
    return true;
  };
  const keptOurs = ours.filter(fits);
  const firstDropped = foreign.findIndex((member) => !fits(member));
  return (firstDropped < 0 ? foreign : foreign.slice(0, firstDropped)).concat(keptOurs).join(',');
}

const ASCII = /[\0-\x7f]+/g;

// Header text is Latin-1 (`isHeaderText`): a character above ASCII is one byte on most clients, two where it is sent as UTF-8.
function byteLength(text: string): number {
  return text.length + text.replace(ASCII, '').length;
}

// What `http.request` and `fetch` accept: https://httpwg.org/specs/rfc9110.html#fields.values
const HEADER_TEXT = /^[\t -~\x80-\xff]+$/;

function isHeaderText(member: string): boolean {
  return HEADER_TEXT.test(member);
}

function memberKey(member: string): string {
  const valueAt = member.indexOf('=');
  return trimOws(valueAt < 0 ? withoutProperties(member) : member.slice(0, valueAt));
}

function memberValue(member: string): string {
  const valueAt = member.indexOf('=');
  return valueAt < 0 ? '' : trimOws(withoutProperties(member.slice(valueAt + 1)));
}

function withoutProperties(text: string): string {
  const propertiesAt = text.indexOf(';');
  return propertiesAt < 0 ? text : text.slice(0, propertiesAt);
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded after all: the raw text is what the sender meant
  }
}
