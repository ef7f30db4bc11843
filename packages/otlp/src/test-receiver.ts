import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import otlpRoot from 'otlp-decoder/build/src/generated/root.js';

/** A request as it came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A span as the wire had it, and what it shares with others. */
export interface DecodedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly flags: number;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly flags: number;
    readonly attributes: Record<string, unknown>;
  }[];
  readonly attributes: Record<string, unknown>;
  readonly resource: Record<string, unknown>;
}

export interface Receiver {
  readonly url: string;
  readonly requests: Received[];
  spans(): DecodedSpan[];
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, received: Received, count: number) => void;

/** Takes everything. */
export const accept: Answer = (response) => void response.writeHead(200, { 'content-length': 0 }).end();

/** A real server on loopback that keeps what comes. */
export async function startReceiver(answer: Answer = accept): Promise<Receiver> {
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const whole = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
      const received = { path: request.url ?? '', headers: request.headers, body };
      requests.push(received);
      answer(response, received, requests.length);
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    requests,
    spans: () => requests.flatMap(decodeRequest),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Message {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  fromObject(content: object): object;
  toObject(message: object, options: object): object;
}
const messages = (otlpRoot as unknown as { opentelemetry: { proto: { collector: { trace: { v1: Record<string, Message> } } } } })
  .opentelemetry.proto.collector.trace.v1;

/** An answer in protobuf that says that so many spans were rejected. */
export function partialSuccess(rejectedSpans: number, errorMessage: string): Buffer {
  const type = messages['ExportTraceServiceResponse']!;
  return Buffer.from(type.encode(type.fromObject({ partialSuccess: { rejectedSpans, errorMessage } })).finish());
}

/** The spans of a request, by a decoder that the sink has nothing to do with. */
export function decodeRequest({ headers, body }: Pick<Received, 'headers' | 'body'>): DecodedSpan[] {
  if (headers['content-type'] === 'application/json') return readRequest(JSON.parse(body.toString()) as RawRequest);
  const type = messages['ExportTraceServiceRequest']!;
  return readRequest(type.toObject(type.decode(body), { longs: String, bytes: Array, defaults: true, arrays: true }) as RawRequest);
}

interface RawAttribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}
interface RawRequest {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: RawAttribute[] };
    readonly scopeSpans: { readonly spans: (Record<string, unknown> & { attributes: RawAttribute[] })[] }[];
  }[];
}

/** The spans of a decoded request; ids may be bytes, texts in hex or in base64. */
export function readRequest(request: object): DecodedSpan[] {
  return (request as RawRequest).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: toHex(span['traceId']),
        spanId: toHex(span['spanId']),
        parentSpanId: toHex(span['parentSpanId']),
        name: span['name'] as string,
        kind: span['kind'] as number,
        startTimeUnixNano: String(span['startTimeUnixNano']),
        endTimeUnixNano: String(span['endTimeUnixNano']),
        status: (span['status'] ?? {}) as DecodedSpan['status'],
        flags: span['flags'] as number,
        links: ((span['links'] ?? []) as (Record<string, unknown> & { attributes: RawAttribute[] })[]).map((link) => ({
          traceId: toHex(link['traceId']),
          spanId: toHex(link['spanId']),
          flags: link['flags'] as number,
          attributes: toRecord(link.attributes),
        })),
        attributes: toRecord(span.attributes),
        resource: toRecord(resource.attributes),
      })),
    ),
  );
}

function toHex(id: unknown): string {
  if (id === undefined || id === null) return '';
  return typeof id === 'string' ? id : Buffer.from(id as number[]).toString('hex');
}

function toRecord(attributes: readonly RawAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toValue(value)]));
}

/** What type a value has is part of it: `{ int: 5 }` and `{ double: 5 }` differ. */
function toValue(value: Record<string, unknown>): unknown {
  const known = value['value'] === undefined ? Object.keys(value)[0] : (value['value'] as string);
  const content = value[known ?? ''];
  if (known === 'intValue') return { int: Number(content) };
  if (known === 'doubleValue') return { double: content };
  if (known === 'arrayValue') return ((content as { values?: Record<string, unknown>[] }).values ?? []).map(toValue);
  return content;
}
