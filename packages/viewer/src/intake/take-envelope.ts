import type { ReadSpan } from '../span-record.ts';
import { type DiscardedEvents, readClientReport } from './client-report.ts';
import { isJsonObject, textOf } from './json-shape.ts';
import { type Envelope, type EnvelopeItem, parseEnvelope } from './parse-envelope.ts';
import { malformed } from './refusal.ts';
import { readSpanContainer, SPAN_CONTAINER_TYPE } from './span-container.ts';
import { readTransaction } from './transaction.ts';

/** What an accepted envelope held. */
export interface TakenEnvelope {
  readonly spans: readonly ReadSpan[];
  readonly discarded: readonly DiscardedEvents[];
  readonly notes: readonly string[];
  readonly itemTypes: readonly string[];
  /** Set when the envelope held a transaction, whose id is answered. */
  readonly eventId?: string;
}

/** Reads an envelope as a whole: it is accepted or refused, never taken in part. */
export function takeEnvelope(body: Uint8Array, projectId: string): TakenEnvelope {
  const envelope = parseEnvelope(body);
  if (envelope.items.filter(isSpanContainer).length > 1) throw malformed('an envelope may hold one span container');
  if (envelope.items.filter((item) => item.type === 'transaction').length > 1) throw malformed('an envelope may hold one transaction');
  const spans: ReadSpan[] = [];
  const discarded: DiscardedEvents[] = [];
  const notes: string[] = [];
  for (const item of envelope.items) {
    if (item.type === 'transaction') spans.push(...readTransaction(item, projectId));
    else if (item.type === 'client_report') discarded.push(...readClientReport(item));
    else if (item.type === 'span') readSpanItem(item, envelope, { projectId, spans, notes });
  }
  const eventId = envelope.items.some((item) => item.type === 'transaction') ? textOf(envelope.header['event_id']) : undefined;
  return { spans, discarded, notes, itemTypes: envelope.items.map((item) => item.type), ...(eventId === undefined ? {} : { eventId }) };
}

/** The SDK that wrote an envelope, `name/version`, read without refusing anything. */
export function senderOf(body: Uint8Array): string | undefined {
  const end = body.indexOf(10);
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(end === -1 ? body : body.subarray(0, end)));
    const sdk = isJsonObject(header) && isJsonObject(header['sdk']) ? header['sdk'] : {};
    const name = textOf(sdk['name']);
    return name === undefined ? undefined : [name, textOf(sdk['version'])].filter(Boolean).join('/');
  } catch {
    // The header is not JSON: the refusal says so, the sender stays unknown.
    return undefined;
  }
}

function isSpanContainer(item: EnvelopeItem): boolean {
  return item.type === 'span' && item.header['content_type'] === SPAN_CONTAINER_TYPE;
}

function readSpanItem(item: EnvelopeItem, envelope: Envelope, into: { projectId: string; spans: ReadSpan[]; notes: string[] }): void {
  if (item.header['content_type'] === undefined) {
    into.notes.push('a single span item of the first protocol version was accepted and is not shown');
    return;
  }
  if (!isSpanContainer(item)) {
    throw malformed(`a span item needs content_type ${SPAN_CONTAINER_TYPE}, not ${JSON.stringify(item.header['content_type']) ?? 'none'}`);
  }
  const read = readSpanContainer(item, envelope.header, into.projectId);
  for (const span of read.spans) into.spans.push(span);
  into.notes.push(...read.notes);
}
