import { SENTRY_OP } from '@sentry/conventions/attributes';
import type { AnySpan } from '../context/context.ts';
import type { AttributeValue, Attributes } from '../span/attributes.ts';
import { dispose } from '../span/disposable.ts';
import { STANDS_FOR, type Span, type SpanContext, type SpanLink, type SpanStatus } from '../span/span-data.ts';
import { describe, STATUS_MESSAGE } from '../span/span.ts';
import { type Current, getCurrent, spanWithoutClient } from '../trace/current.ts';
import type { StartSpanOptions } from '../trace/start-span-options.ts';
import { isStatusWord, type StatusWord } from './status-words.ts';
import { noteTag } from './tags.ts';

/**
 * What a legacy span is started with.
 * @deprecated Use `tracing.startSpan({ name, attributes })`; `op` is the attribute `sentry.op` there.
 */
export interface LegacyChildOptions {
  /** The kind of work, e.g. `db.query`. */
  readonly op?: string;
  /** What is done; default: `name`, then `op`. */
  readonly description?: string;
  readonly name?: string;
  readonly data?: Attributes;
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  readonly status?: StatusWord;
  /** Seconds since the epoch, or a date. Default: now. */
  readonly startTimestamp?: number | Date;
}

/**
 * A span with the names it had before streams: a thin face over the span that is recorded. It can be passed wherever a span can.
 * @deprecated Use the spans of `tracing.startSpan`.
 */
export class LegacySpan implements Span {
  // Names that are computed in its body would keep the class in every page's bundle, used or not.
  declare readonly [STANDS_FOR]: AnySpan;
  declare readonly [dispose]: () => void;

  constructor(span: AnySpan) {
    (this as { [STANDS_FOR]: AnySpan })[STANDS_FOR] = span;
    (this as { [dispose]: () => void })[dispose] = endThis;
  }

  get name(): string {
    return this.#span.name;
  }

  /** @deprecated It is the span's `name`. */
  get description(): string {
    return this.#span.name;
  }

  set description(description: string) {
    this.setName(description);
  }

  /** @deprecated It is the attribute `sentry.op`. */
  get op(): string | undefined {
    const op = this.#span.getAttributes()[SENTRY_OP];
    return typeof op === 'string' ? op : undefined;
  }

  set op(op: string | undefined) {
    this.#span.setAttribute(SENTRY_OP, op);
  }

  get status(): SpanStatus {
    return this.#span.status;
  }

  /**
   * Starts a span below this one; not active. A child of a finished span is sent as a transaction of its own.
   * @deprecated Use `tracing.startSpan({ name, parentSpan })`, or no `parentSpan` inside a callback.
   */
  startChild(options: LegacyChildOptions = {}): LegacySpan {
    const current = getCurrent();
    if (current === undefined) return new LegacySpan(spanWithoutClient(options?.description));
    try {
      if (this.#span.ended) debug('child', `A child was started below '${this.name}', which is finished: it is sent on its own.`);
      return startLegacy(current, options ?? {}, this.#span);
    } catch (error) {
      current.fault('startChild', error);
      return new LegacySpan(spanWithoutClient(''));
    }
  }

  /**
   * Ends the span; only the first call counts. @param endTimestamp seconds since the epoch, or a date; default: now.
   * @deprecated Use `end`, whose numbers are milliseconds.
   */
  finish(endTimestamp?: number | Date): void {
    if (this.#span.ended) debug('finish', `'${this.name}' was finished twice; the first time counts.`);
    this.end(toMs(endTimestamp));
  }

  /** Ends the span; only the first call counts. @param endTime ms since the epoch. */
  end(endTime?: number | Date): void {
    this.#span.end(endTime);
  }

  /** @deprecated Use `setAttribute`. */
  setData(key: string, value: AttributeValue | undefined): this {
    return this.setAttribute(key, value);
  }

  /** An attribute that transactions also list among their tags. @deprecated Use `setAttribute`. */
  setTag(key: string, value: string | number | boolean): this {
    if (typeof key === 'string') noteTag(this.#span, key);
    return this.setAttribute(key, value);
  }

  /** `error`, or one of the old words; one that does not exist changes nothing. @deprecated Use `setStatus('ok' | 'error', message)` of streamed spans. */
  setStatus(status: StatusWord | SpanStatus, message?: string): this {
    const span = this.#span;
    if (status === 'ok' || status === 'error') span.setStatus(status, message);
    else if (status === 'cancelled') span.setStatus('ok').setAttribute(STATUS_MESSAGE, status);
    else if (isStatusWord(status)) span.setStatus('error', status);
    else debug('status word', `There is no status '${describe(status)}'; '${this.name}' keeps the one it has.`);
    return this;
  }

  /**
   * A number that receivers of transactions can chart. @param unit e.g. `millisecond`; default `none`.
   * @deprecated Use `setAttribute(name, { value, unit })` on the top-level span.
   */
  setMeasurement(name: string, value: number, unit: string = 'none'): this {
    return this.setAttribute(name, { value, unit });
  }

  setName(name: string): this {
    this.#span.setName(name);
    return this;
  }

  setAttribute(key: string, value: AttributeValue | undefined): this {
    this.#span.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    this.#span.setAttributes(attributes);
    return this;
  }

  getAttributes(): Readonly<Attributes> {
    return this.#span.getAttributes();
  }

  addLink(link: SpanLink): this {
    this.#span.addLink(link);
    return this;
  }

  addLinks(links: SpanLink[]): this {
    this.#span.addLinks(links);
    return this;
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  isRecording(): boolean {
    return this.#span.isRecording();
  }

  get #span(): AnySpan {
    return this[STANDS_FOR];
  }
}

/** A legacy span that is ended by hand, started by the old options. */
export function startLegacy({ tracer }: Current, options: LegacyChildOptions, parentSpan: AnySpan | null): LegacySpan {
  const { tags, status, startTimestamp } = options;
  const { name, attributes } = toSpanOptions(options);
  // What is undefined counts as absent, and leaving it out would take another object.
  const start = { name, attributes, parentSpan, active: false, startTime: toMs(startTimestamp) } as StartSpanOptions;
  const span = new LegacySpan(tracer.startSpan(start));
  if (tags !== undefined) for (const [key, value] of Object.entries(tags)) span.setTag(key, value);
  if (status !== undefined) span.setStatus(status);
  return span;
}

/** The old options as name and attributes. */
export function toSpanOptions({ op, description, name, data }: LegacyChildOptions): { name: string; attributes: Attributes | undefined } {
  const title = description ?? name ?? op ?? '';
  if (title === '') debug('name', 'A span was started without a name.');
  return { name: title, attributes: op === undefined ? data : { [SENTRY_OP]: op, ...data } };
}

function toMs(time: number | Date | undefined): number | Date | undefined {
  return typeof time === 'number' ? time * 1000 : time;
}

function debug(reason: string, message: string): void {
  getCurrent()?.incoming.debug?.(`${reason}: ${message}`);
}

function endThis(this: LegacySpan): void {
  this.end();
}
