import type { AttributeList, SinkContext, SpanParts } from '@spanstream/core';
import type { Chunk, Share, Ticket } from './chunk.ts';
import type { Codec } from './codec.ts';
import { type FinalSpan, type PlainValue, type SpanOrigin, toPlain } from './final-span.ts';
import { resourceAttributes } from './resource.ts';
import { wellFormed, wellFormedValue } from './well-formed.ts';

/** Spans written at a time: their resource costs as much as five of them, and half a millisecond blocks nobody. */
const CHUNK_SPANS = 128;
/** A receiver that refuses a request as too large gets it in chunks: none is larger, but a span that has it for itself. */
const CHUNK_CHARACTERS = 32_768;
const SEGMENT_ID = 'sentry.segment.id';
const SEGMENT_NAME = 'sentry.segment.name';
const SCOPE = 'spanstream';

/** Collects spans and writes them in chunks. */
export class ChunkWriter {
  readonly #codec: Codec;
  readonly #context: SinkContext;
  readonly #origin: SpanOrigin;
  /** For spans from which a hook took a constant. */
  readonly #bareOrigin: SpanOrigin;
  readonly #constants: ReadonlyMap<unknown, unknown>;
  readonly #onChunk: (chunk: Chunk) => void;
  readonly #onFault: (error: unknown, shares: readonly Share[]) => void;
  #spans: SpanParts[] = [];
  #shares: Share[] = [];
  #characters = 0;

  constructor(parts: {
    readonly codec: Codec;
    readonly context: SinkContext;
    readonly resource: Parameters<typeof resourceAttributes>[1];
    onChunk(chunk: Chunk): void;
    /** Spans that could not be written. */
    onFault(error: unknown, shares: readonly Share[]): void;
  }) {
    const { codec, context } = parts;
    this.#codec = codec;
    this.#context = context;
    this.#onChunk = (chunk) => parts.onChunk(chunk);
    this.#onFault = (error, shares) => parts.onFault(error, shares);
    const own = wellFormedRecord(resourceAttributes(context, parts.resource, processId()));
    const { every } = context.constants;
    this.#constants = new Map(toPairs(every));
    const scope = { name: SCOPE, version: context.sdk.version };
    // What is the same on every span stands once in its resource.
    this.#origin = { scope, resource: { ...wellFormedRecord(Object.fromEntries(toPairs(toPlain(every)))), ...own } };
    this.#bareOrigin = { scope, resource: own };
  }

  /** Whether spans wait for others. */
  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** Takes spans of one hand-over; full chunks are written at once. */
  add(spans: readonly SpanParts[], ticket: Ticket): void {
    let share: Share | undefined;
    for (const span of spans) {
      const characters = charactersOf(span);
      if (this.#spans.length > 0 && this.#characters + characters > CHUNK_CHARACTERS) {
        this.write();
        share = undefined;
      }
      if (share === undefined) this.#shares.push((share = { ticket, count: 0 }));
      share.count++;
      this.#characters += characters;
      if (this.#spans.push(span) < CHUNK_SPANS && this.#characters < CHUNK_CHARACTERS) continue;
      this.write();
      share = undefined;
    }
  }

  /** Writes what waits. */
  write(): void {
    const [spans, shares] = [this.#spans, this.#shares];
    if (spans.length === 0) return;
    this.#spans = [];
    this.#shares = [];
    this.#characters = 0;
    try {
      const bytes = this.#codec.encode(spans.map((span) => this.#finish(span)));
      this.#onChunk({ bytes, spanCount: spans.length, shares });
    } catch (error) {
      this.#onFault(error, shares);
    }
  }

  #finish(span: SpanParts): FinalSpan {
    if (span.omitted !== undefined) return { span, list: toPlain(this.#context.attributesOf(span)), origin: this.#bareOrigin };
    return { span, list: toPlain(span.isSegment ? this.#segmentList(span) : childList(span)), origin: this.#origin };
  }

  #segmentList(span: SpanParts): AttributeList {
    const all = this.#context.attributesOf(span);
    const list: AttributeList = [];
    for (let i = 0; i < all.length; i += 2) if (all[i + 1] !== this.#constants.get(all[i])) list.push(all[i]!, all[i + 1]!);
    return list;
  }
}

/** As `attributesOf`, less what the resource says. */
function childList({ attributes, segment }: SpanParts): AttributeList {
  const list = attributes.slice();
  if (!has(attributes, SEGMENT_ID)) list.push(SEGMENT_ID, segment.spanId);
  if (!has(attributes, SEGMENT_NAME)) list.push(SEGMENT_NAME, segment.name);
  return list;
}

function has(list: AttributeList, key: string): boolean {
  for (let i = 0; i < list.length; i += 2) if (list[i] === key) return true;
  return false;
}

function charactersOf({ name, attributes }: SpanParts): number {
  let characters = name.length + 100;
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]!;
    if (typeof value === 'string') characters += value.length;
    else if (Array.isArray(value)) for (const element of value as unknown[]) characters += typeof element === 'string' ? element.length : 8;
  }
  return characters;
}

function wellFormedRecord(attributes: Readonly<Record<string, unknown>>): Record<string, PlainValue> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [wellFormed(key), wellFormedValue(value as PlainValue)]));
}

function toPairs<T>(list: readonly T[]): [string, T][] {
  const pairs: [string, T][] = [];
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i] as string, list[i + 1]!]);
  return pairs;
}

function processId(): number | undefined {
  const { process } = globalThis as { process?: { pid?: unknown } };
  return typeof process?.pid === 'number' ? process.pid : undefined;
}
