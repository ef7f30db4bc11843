import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SpanLink } from '@spanstream/core';
import { type Codec, concat, toPartialSuccess } from './codec.ts';
import {
  ERROR,
  type FinalSpan,
  type PlainList,
  type PlainValue,
  SAMPLED,
  type SpanOrigin,
  statusMessage,
  toMicroseconds,
  toPlain,
  UNSET,
} from './final-span.ts';
import { readBytesFields } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { spanKindOf } from './span-kind.ts';

const PARENT_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x200;

/** Tags of fields: their number and their wire type. */
const field = (number: number, type: 0 | 1 | 2 | 5): number => (number << 3) | type;
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;
const RESOURCE_SPANS = field(1, BYTES);
const RESOURCE = field(1, BYTES);
const SCOPE_SPANS = field(2, BYTES);
const SCOPE = field(1, BYTES);
const SPAN = field(2, BYTES);

/**
 * protobuf, written by our own hand: the serialiser of `@opentelemetry/otlp-transformer` took two thirds of a span's CPU, in two
 * passes over objects made for it (docs/otlp.md has the figures). The bytes are the same, which a test holds against it.
 */
export function createProtoCodec(): Codec {
  const writer = new ProtoWriter();
  return {
    contentType: 'application/x-protobuf',
    encode(spans) {
      for (const origin of new Set(spans.map((span) => span.origin))) writeResourceSpans(writer, origin, spans);
      return writer.take();
    },
    // A message behind a message is their merge, with their lists joined: https://protobuf.dev/programming-guides/encoding/#last-one-wins
    join: (requests) => concat(requests),
    divide: (request) =>
      readBytesFields(request).flatMap(({ content: resourceSpans }) => {
        const [resource, scopeSpans] = readBytesFields(resourceSpans);
        const [scope, ...spans] = readBytesFields(scopeSpans!.content);
        return spans.map((span) => {
          const start = writer.begin(RESOURCE_SPANS);
          writer.message(RESOURCE, resource!.content);
          const inner = writer.begin(SCOPE_SPANS);
          writer.message(SCOPE, scope!.content);
          writer.message(SPAN, span.content);
          writer.end(inner);
          writer.end(start);
          return writer.take();
        });
      }),
    readAnswer: (body) => toPartialSuccess(ProtobufTraceSerializer.deserializeResponse(body)),
  };
}

function writeResourceSpans(writer: ProtoWriter, origin: SpanOrigin, spans: readonly FinalSpan[]): void {
  const start = writer.begin(RESOURCE_SPANS);
  const resource = writer.begin(RESOURCE);
  writeAttributes(writer, field(1, BYTES), Object.entries(origin.resource).flat() as PlainList);
  writer.small(field(2, VARINT), 0); // dropped attributes
  writer.end(resource);
  const scopeSpans = writer.begin(SCOPE_SPANS);
  const scope = writer.begin(SCOPE);
  writer.text(field(1, BYTES), origin.scope.name);
  writer.text(field(2, BYTES), origin.scope.version);
  writer.end(scope);
  for (const span of spans) if (span.origin === origin) writeSpan(writer, span);
  writer.end(scopeSpans);
  writer.end(start);
}

function writeSpan(writer: ProtoWriter, { span, list }: FinalSpan): void {
  const { segment, parentSpanId, links } = span;
  const { traceId, tracestate } = segment.trace;
  const start = writer.begin(SPAN);
  writer.id(field(1, BYTES), traceId);
  writer.id(field(2, BYTES), span.spanId);
  if (tracestate) writer.text(field(3, BYTES), tracestate);
  if (parentSpanId !== undefined) writer.id(field(4, BYTES), parentSpanId);
  writer.text(field(5, BYTES), span.name);
  writer.small(field(6, VARINT), spanKindOf(list) + 1);
  writer.nanoseconds(field(7, FIXED64), toMicroseconds(span.startMs));
  writer.nanoseconds(field(8, FIXED64), toMicroseconds(span.endMs));
  writeAttributes(writer, field(9, BYTES), list);
  writer.small(field(10, VARINT), 0); // dropped attributes
  writer.small(field(12, VARINT), 0); // dropped events
  if (links !== undefined) for (const link of links) writeLink(writer, link);
  writer.small(field(14, VARINT), 0); // dropped links
  writeStatus(writer, span.status, list);
  // The parent of a top-level span is another process's.
  const isRemote = parentSpanId !== undefined && span.isSegment;
  writer.fixed32(field(16, FIXED32), SAMPLED | PARENT_KNOWN | (isRemote ? PARENT_IS_REMOTE : 0));
  writer.end(start);
}

function writeStatus(writer: ProtoWriter, status: 'ok' | 'error', list: PlainList): void {
  const start = writer.begin(field(15, BYTES));
  const message = status === 'error' ? statusMessage(list) : undefined;
  if (message !== undefined) writer.text(field(2, BYTES), message);
  writer.small(field(3, VARINT), status === 'error' ? ERROR : UNSET);
  writer.end(start);
}

function writeLink(writer: ProtoWriter, { context, attributes }: SpanLink): void {
  const start = writer.begin(field(13, BYTES));
  writer.id(field(1, BYTES), context.traceId);
  writer.id(field(2, BYTES), context.spanId);
  writeAttributes(writer, field(4, BYTES), toPlain(Object.entries(attributes ?? {}).flat() as PlainList));
  writer.small(field(5, VARINT), 0); // dropped attributes
  writer.fixed32(field(6, FIXED32), (context.sampled === true ? SAMPLED : 0) | PARENT_KNOWN);
  writer.end(start);
}

function writeAttributes(writer: ProtoWriter, tag: number, list: PlainList): void {
  for (let i = 0; i < list.length; i += 2) {
    const start = writer.begin(tag);
    writer.text(field(1, BYTES), list[i] as string);
    const value = writer.begin(field(2, BYTES));
    writeValue(writer, list[i + 1]!);
    writer.end(value);
    writer.end(start);
  }
}

function writeValue(writer: ProtoWriter, value: PlainValue): void {
  if (typeof value === 'string') writer.text(field(1, BYTES), value);
  else if (typeof value === 'boolean') writer.small(field(2, VARINT), value ? 1 : 0);
  else if (typeof value === 'number') writer.number(field(3, VARINT), field(4, FIXED64), value);
  else {
    const array = writer.begin(field(5, BYTES));
    for (const element of value) {
      const start = writer.begin(field(1, BYTES));
      writeValue(writer, element);
      writer.end(start);
    }
    writer.end(array);
  }
}
