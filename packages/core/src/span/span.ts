import {
  type AttributeList,
  type AttributeLimits,
  type AttributeObserver,
  type AttributeValue,
  type Attributes,
  checkValue,
  indexOf,
  setAttribute,
  setAttributes,
  toKey,
  toRecord,
} from './attributes.ts';
import { dispose } from './disposable.ts';
import type { Segment } from './segment.ts';
import { NAME_SOURCE } from './segment.ts';
import type { Span, SpanContext, SpanLink, SpanStatus } from './span-data.ts';
import { type Clock, toEpochMs } from './time.ts';
import { cutUtf8 } from './text.ts';

/** Beyond this the disagreement of the clocks over a span is told (R4). */
const SUSPENDED_AFTER_MS = 1000;
const SUSPENDED = 'spanstream.suspended_ms';
const MAX_TRUNCATED_KEYS = 16;
const MAX_LISTED_KEY_BYTES = 256;
/** UTF-8 bytes of a name. */
const MAX_NAME_BYTES = 8192;
/** The name of a span without one. */
export const UNNAMED = '<unnamed>';
export const STATUS_MESSAGE = 'sentry.status.message';

/** Where spans go when they end, and whom they tell of oddities: one object per client. */
export interface SpanRecorder {
  readonly clock: Clock;
  readonly limits: AttributeLimits;
  /** Attributes of the span's isolation scope, merged when it ends. */
  spanEnded(span: RecordingSpan): void;
  /** The span was active for the rest of a block and has ended. */
  blockEnded(span: RecordingSpan): void;
  valueTruncated(): void;
  misused(reason: string, message: string): void;
}

/** How a span came to be. */
export interface SpanStart {
  readonly segment: Segment;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly scope: object;
  readonly startTime?: number | Date | undefined;
}

/** A span that will be sent. Its fields are read by the lifecycle when it has ended. */
export class RecordingSpan implements Span, AttributeObserver {
  readonly #recorder: SpanRecorder;
  readonly segment: Segment;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** The isolation scope that it belongs to. */
  readonly scope: object;
  name: string;
  status: SpanStatus = 'ok';
  statusMessage: string | undefined = undefined;
  statusIsExplicit = false;
  readonly attributes: AttributeList = [];
  links: SpanLink[] | undefined = undefined;
  /** Names of attributes that were cut or left out. */
  truncated: string[] | undefined = undefined;
  readonly startMs: number;
  /** Wall time minus monotonic time at the start; NaN when the user gave the start. */
  readonly #startOffsetMs: number;
  /** NaN until then: a whole number would make V8 change the shape of spans under way. */
  endMs = NaN;
  ended = false;
  /** Active for the rest of a block, not by callback. */
  inBlock = false;
  /** What stands for this span in another API. */
  face: object | undefined = undefined;
  /** Neighbours in the list of open spans. */
  previousOpen: RecordingSpan | undefined = undefined;
  nextOpen: RecordingSpan | undefined = undefined;

  constructor(recorder: SpanRecorder, name: string, start: SpanStart) {
    this.#recorder = recorder;
    this.segment = start.segment;
    this.spanId = start.spanId;
    this.parentSpanId = start.parentSpanId;
    this.scope = start.scope;
    this.name = name;
    const given = start.startTime === undefined ? undefined : toEpochMs(start.startTime);
    this.startMs = given ?? recorder.clock.now();
    this.#startOffsetMs = given === undefined ? recorder.clock.offsetMs : NaN;
  }

  get limits(): AttributeLimits {
    return this.#recorder.limits;
  }

  get isSegment(): boolean {
    return this.spanId === this.segment.spanId;
  }

  spanContext(): SpanContext {
    return { traceId: this.segment.trace.traceId, spanId: this.spanId, sampled: true };
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setName(name: string): this {
    if (this.ended) return this;
    if (typeof name !== 'string') {
      this.#recorder.misused('name', `A span's name must be text; ignored ${describe(name)}.`);
      return this;
    }
    this.name = toName(name, this.limits);
    if (this.isSegment) this.segment.name = this.name;
    return this;
  }

  setStatus(status: SpanStatus, message?: string): this {
    if (this.ended) return this;
    if (status !== 'ok' && status !== 'error') {
      this.#recorder.misused('status', `Span status must be 'ok' or 'error'; ignored ${describe(status)}.`);
      return this;
    }
    this.status = status;
    this.statusMessage =
      typeof message === 'string' && status === 'error' ? (checkValue(STATUS_MESSAGE, message, this) as string) : undefined;
    this.statusIsExplicit = true;
    return this;
  }

  setAttribute(key: string, value: AttributeValue | undefined): this {
    if (this.ended) return this;
    const name = toKey(key);
    if (name === undefined)
      this.#recorder.misused('attribute name', `An attribute of span '${this.name}' is dropped: its name is no text.`);
    else setAttribute(this.attributes, name, value, this);
    if (key === NAME_SOURCE && this.isSegment) this.#noteSource();
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.ended) return this;
    setAttributes(this.attributes, attributes, this);
    if (this.isSegment) this.#noteSource();
    return this;
  }

  getAttributes(): Readonly<Attributes> {
    return toRecord(this.attributes);
  }

  addLink(link: SpanLink): this {
    if (this.ended) return this;
    const copy = copyLink(link, this);
    if (copy === undefined) this.#recorder.misused('link', 'A span link needs context.traceId and context.spanId; ignored one without.');
    else if ((this.links ??= []).length < this.limits.maxLinks) this.links.push(copy);
    else this.attributeCut('links');
    return this;
  }

  addLinks(links: SpanLink[]): this {
    try {
      for (const link of links) this.addLink(link);
    } catch {
      this.#recorder.misused('links', 'Span links must be an array; ignored something else.');
    }
    return this;
  }

  end(endTime?: number | Date): void {
    if (this.ended) return;
    this.ended = true;
    const endMs = (endTime === undefined ? undefined : this.#given(endTime)) ?? this.#endNow();
    this.endMs = endMs > this.startMs ? endMs : this.startMs;
    if (this.isSegment) this.segment.ended = true;
    if (this.inBlock) this.#recorder.blockEnded(this);
    this.#recorder.spanEnded(this);
  }

  [dispose](): void {
    this.end();
  }

  /** What a throw or a rejection means for a span, unless its status was set by hand (R7). */
  fail(error: unknown): void {
    if (this.ended || this.statusIsExplicit) return;
    this.status = 'error';
    if (indexOf(this.attributes, 'error.type') < 0) setAttribute(this.attributes, 'error.type', errorType(error), this);
  }

  attributeCut(key: string): void {
    this.#recorder.valueTruncated();
    const keys = (this.truncated ??= []);
    const listed = cutUtf8(key, MAX_LISTED_KEY_BYTES);
    if (keys.length < MAX_TRUNCATED_KEYS && !keys.includes(listed)) keys.push(listed);
  }

  attributeDropped(key: string, value: unknown): void {
    this.#recorder.misused('attribute', `Attribute '${key}' of span '${this.name}' is dropped: ${describe(value)} is no attribute value.`);
  }

  /** The clock is read all the same: batching tells the time by its last read. */
  #given(endTime: number | Date): number | undefined {
    this.#recorder.clock.now();
    return toEpochMs(endTime);
  }

  #endNow(): number {
    const wallMs = this.#recorder.clock.now();
    const disagreementMs = this.#recorder.clock.offsetMs - this.#startOffsetMs;
    if (Number.isNaN(disagreementMs)) return wallMs;
    if (Math.abs(disagreementMs) > SUSPENDED_AFTER_MS) {
      setAttribute(this.attributes, SUSPENDED, Math.round(disagreementMs), this);
      if (disagreementMs > 0) return wallMs;
    }
    return wallMs - disagreementMs;
  }

  #noteSource(): void {
    const at = indexOf(this.attributes, NAME_SOURCE);
    const source = at < 0 ? undefined : this.attributes[at + 1];
    this.segment.source = typeof source === 'string' ? source : 'custom';
  }
}

/** A usable span name, whatever was given. Limits on attributes do not shorten names, a higher one lets them grow. */
export function toName(name: unknown, limits: AttributeLimits): string {
  if (typeof name !== 'string' || name === '') return UNNAMED;
  return name.length * 3 <= MAX_NAME_BYTES ? name : cutUtf8(name, Math.max(MAX_NAME_BYTES, limits.maxStringBytes));
}

/** The error's class as `error.type`, e.g. `TypeError`; the type of what was thrown when it is no object. */
export function errorType(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return typeof error;
    const { name } = error as { name?: unknown };
    const className = error.constructor?.name;
    // Most subclasses of Error set no name and inherit that of their base.
    if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
    return className || 'Object';
  } catch {
    return 'unknown'; // a hostile getter or a revoked proxy
  }
}

/** The link with nothing of its owner's in it; undefined when it is none. */
export function copyLink(link: SpanLink, observer: AttributeObserver): SpanLink | undefined {
  try {
    const { traceId, spanId, sampled } = link.context;
    if (!isHex(traceId, 32) || !isHex(spanId, 16)) return undefined;
    const context = { traceId, spanId, ...(typeof sampled === 'boolean' && { sampled }) };
    if (!link.attributes) return { context };
    const list: AttributeList = [];
    setAttributes(list, link.attributes, observer);
    return { context, attributes: toRecord(list) };
  } catch {
    return undefined; // hostile input: the caller tells
  }
}

function isHex(text: unknown, length: number): text is string {
  return typeof text === 'string' && text.length === length && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text);
}

/** What was given, for a debug line; never looks into it (R34). */
export function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value).slice(0, 80);
  return value === null ? 'null' : `a value of type ${typeof value}`;
}
