import { SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import type { SpanLink } from '../span/span-data.ts';
import { type ConstantAttributes, SEGMENT_ID, SEGMENT_NAME, type SpanParts, withConstants } from '../wire/constants.ts';
import { quote, seconds } from '../wire/text-encoder.ts';
import { measurementsOf } from './measurements.ts';
import { toStatusWord } from './status-words.ts';

/** What all transactions of a client say. */
export interface TransactionFacts {
  readonly platform: 'node' | 'javascript';
  readonly release: string | undefined;
  readonly environment: string;
  readonly dist: string | undefined;
  readonly serverName: string | undefined;
  readonly sdk: { readonly name: string; readonly version: string };
  readonly integrations: readonly string[];
  readonly constants: ConstantAttributes;
}

/** Names of attributes that stand elsewhere in a transaction as well. */
const CONTEXTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  runtime: { name: 'process.runtime.name', version: 'process.runtime.version' },
  os: { name: 'os.name', version: 'os.version' },
  device: { family: 'device.family', model: 'device.model' },
};
const USER = { id: 'user.id', email: 'user.email', username: 'user.name', ip_address: 'user.ip_address' };

/** A span below a transaction, as JSON. */
export function formatChild(span: SpanParts): string {
  const parent = span.parentSpanId === undefined ? '' : `"parent_span_id":"${span.parentSpanId}",`;
  return `{"span_id":"${span.spanId}",${parent}"trace_id":"${span.segment.trace.traceId}","description":${quote(span.name)},"start_timestamp":${seconds(span.startMs)},"timestamp":${seconds(span.endMs)}${commonText(span)},"data":${formatData(span.attributes)}}`;
}

/** The payload of a transaction, as JSON, up to its list of spans. @param tags attributes that were set as tags */
export function formatTransaction(span: SpanParts, facts: TransactionFacts, tags: ReadonlySet<string> | undefined): string {
  const { segment, parentSpanId } = span;
  const { constants, release, environment, dist, sdk, integrations, platform } = facts;
  // What every span says is said once, by the event.
  const all = withConstants(span, { every: [], segment: constants.segment });
  const own = all.filter((_, i) => !isSaidByEvent(all[i - (i % 2)]));
  const valueOf = (key: string): AttributeValue | undefined => {
    const at = indexOf(all, key);
    return at < 0 ? undefined : all[at + 1];
  };
  const parent = parentSpanId === undefined ? '' : `"parent_span_id":"${parentSpanId}",`;
  const trace = `{"trace_id":"${segment.trace.traceId}","span_id":"${span.spanId}",${parent}"data":${formatData(own)}${commonText(span)}}`;
  const contexts = Object.entries(CONTEXTS).map(([name, keys]) => [name, pick(keys, valueOf)] as const);
  const more = {
    transaction_info: { source: span.isSegment ? segment.source : 'custom' },
    platform,
    release,
    environment,
    dist,
    server_name: facts.serverName ?? valueOf('server.address'),
    user: pick(USER, valueOf),
    request: span.isSegment ? pick({ url: 'url.full', method: 'http.request.method' }, valueOf) : undefined,
    tags: tags && Object.fromEntries([...tags].map((key) => [key, valueOf(key)])),
    measurements: measurementsOf(own),
    sdk: { ...sdk, integrations, packages: [{ name: `npm:@spanstream/${sdk.name.split('.')[1]}`, version: sdk.version }] },
  };
  const rest = contexts.map(([name, content]) => (content === undefined ? '' : `,"${name}":${toText(content)}`)).join('');
  return `"type":"transaction","transaction":${quote(span.name)},"start_timestamp":${seconds(span.startMs)},"timestamp":${seconds(span.endMs)},"contexts":{"trace":${trace}${rest}},${toText(more).slice(1, -1)}`;
}

/** `status`, `op`, `origin` and `links`, which stand beside the attributes. */
function commonText(span: SpanParts): string {
  const { attributes, links } = span;
  const given = textOf(attributes, SENTRY_OP);
  const op = given === undefined ? '' : `,"op":${quote(given)}`;
  const origin = quote(textOf(attributes, SENTRY_ORIGIN) ?? 'manual');
  const more = links === undefined || links.length === 0 ? '' : `,"links":[${links.map(formatLink).join()}]`;
  return `${op},"origin":${origin},"status":"${toStatusWord(span)}"${more}`;
}

/** Attributes as plain JSON; those with a unit as `{ value, unit }`. */
function formatData(list: AttributeList): string {
  let text = '';
  for (let i = 0; i < list.length; i += 2) {
    const value = list[i + 1];
    const json = typeof value === 'string' ? quote(value) : typeof value === 'object' ? toText(value) : String(value);
    text += `${i === 0 ? '' : ','}${quote(list[i] as string)}:${json}`;
  }
  return `{${text}}`;
}

function textOf(attributes: AttributeList, key: string): string | undefined {
  const at = indexOf(attributes, key);
  const value = at < 0 ? undefined : attributes[at + 1];
  return typeof value === 'string' ? value : undefined;
}

function formatLink({ context: { traceId, spanId, sampled }, attributes }: SpanLink): string {
  const decision = sampled === undefined ? '' : `,"sampled":${sampled}`;
  const own = attributes === undefined ? '' : `,"attributes":${formatData(Object.entries(attributes).flat() as AttributeList)}`;
  return `{"trace_id":"${traceId}","span_id":"${spanId}"${decision}${own}}`;
}

function isSaidByEvent(key: unknown): boolean {
  return key === SEGMENT_ID || key === SEGMENT_NAME;
}

function pick(keys: Readonly<Record<string, string>>, valueOf: (key: string) => AttributeValue | undefined): object | undefined {
  const found = Object.entries(keys).flatMap(([name, key]) => {
    const value = valueOf(key);
    return value === undefined ? [] : [[name, value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** As JSON with whole characters only: `JSON.stringify` would write a lone surrogate as its escape, which servers refuse. */
function toText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(toText).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${quote(key)}:${toText(member)}`).join()}}`;
}
