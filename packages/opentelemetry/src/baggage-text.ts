import { type Baggage, type BaggageEntry, baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/** Ours travel as a context of their own, and not as entries that an application could change. */
const OURS = 'sentry-';

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
  return propagation.createBaggage(entries);
}

/** The entries as the members of a `baggage` header. */
export function formatBaggage(baggage: Baggage): string {
  return baggage
    .getAllEntries()
    .filter(([key]) => !key.startsWith(OURS))
    .map(([key, { value, metadata }]) => {
      const properties = metadata === undefined ? '' : `;${metadata.toString()}`;
      return `${encodeURIComponent(key)}=${encodeURIComponent(value)}${properties}`;
    })
    .join(',');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded after all: the raw text is what the sender meant
  }
}
