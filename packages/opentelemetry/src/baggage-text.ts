import { type Baggage, type BaggageEntry, baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/** Ours travel as a context of their own, and not as entries that an application could change. */
const OURS = 'sentry-';

/**
 * What may stand behind a member's value: the API takes any text for metadata, with which a header would be refused, together
 * with the trace (R28), or say more members than there are.
 */
const PROPERTIES = /^[\t\x20-\x2b\x2d-\x7e]*$/;

/** What baggage that came in was read from: it leaves as it came, byte for byte, until it is changed. */
const texts = new WeakMap<Baggage, string>();

/** The members of a `baggage` header as entries; those that are none are left out. */
export function parseBaggage(text: string): Baggage {
  const entries: Record<string, BaggageEntry> = Object.create(null);
  for (const member of text.split(',')) {
    const propertiesAt = member.indexOf(';');
    const pair = propertiesAt < 0 ? member : member.slice(0, propertiesAt);
    const valueAt = pair.indexOf('=');
    if (valueAt <= 0) continue;
    const key = decode(pair.slice(0, valueAt).trim());
    const value = decode(pair.slice(valueAt + 1).trim());
    const properties = propertiesAt < 0 ? '' : member.slice(propertiesAt + 1);
    entries[key] = properties === '' ? { value } : { value, metadata: baggageEntryMetadataFromString(properties) };
  }
  const baggage = propagation.createBaggage(entries);
  texts.set(baggage, text);
  return baggage;
}

/** The entries as the members of a `baggage` header; those that cannot be told in one are left out, and the others go on (R34). */
export function formatBaggage(baggage: Baggage): string {
  const known = texts.get(baggage);
  if (known !== undefined) return known;
  return baggage
    .getAllEntries()
    .map(([key, entry]) => formatMember(key, entry))
    .filter((member) => member !== undefined)
    .join(',');
}

function formatMember(key: string, entry: BaggageEntry): string | undefined {
  if (key.startsWith(OURS)) return undefined;
  try {
    const { value, metadata } = entry;
    const properties = metadata === undefined ? '' : metadata.toString();
    const pair = `${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
    return properties !== '' && PROPERTIES.test(properties) ? `${pair};${properties}` : pair;
  } catch {
    return undefined; // no entry, one with a lone surrogate, or with hostile getters
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded after all: the raw text is what the sender meant
  }
}
