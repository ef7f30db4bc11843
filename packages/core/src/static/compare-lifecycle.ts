import type { RecordingSpan } from '../span/span.ts';
import type { Segment } from '../span/segment.ts';
import type { SpanJSON } from '../span/span-data.ts';
import { createIgnoreSpans, type SpanMatcher } from '../trace/ignore-spans.ts';
import type { SpanParts } from '../wire/constants.ts';
import { type CompareReport, Differences } from './compare-report.ts';
import { isStatusWord } from './status-words.ts';
import { StaticLifecycle, type StaticLifecycleOptions } from './static-lifecycle.ts';
import { tagsOf } from './tags.ts';

const HINTS = {
  ignoreSpans:
    'ignoreSpans is decided when a span starts. This span matches with its final name or attributes only, so it is sent: give them at its start, or use filterSegment.',
  filterSegment: 'filterSegment is not called with transactions; with streams it leaves this trace out.',
  retired: 'It is never called or read, in either lifecycle; see the warning at init for what to use instead.',
  renamed:
    'A top-level span is renamed after its start. Samplers and ignoreSpans see the first name, and streamed children that have left before carry it as sentry.segment.name: start it with its final name where it is known.',
  status: 'Streamed spans have the status ok or error; the word becomes the attribute sentry.status.message.',
  tag: 'Streams have no tags: it is an attribute of this span.',
  measurement: 'Streams have no measurements: it is an attribute with a unit.',
  limit: 'It is left out of its transaction, which is full; streams have no such limit and send it.',
  late: 'It ends after its transaction has left and is sent as one of its own; streams send it as what it is, a child.',
};

/** What a span was when it started. */
interface Start {
  readonly name: string;
}

/** The static lifecycle, which looks at each span as the stream lifecycle would. Sends nothing beside. */
export class CompareLifecycle extends StaticLifecycle {
  readonly #with: StaticLifecycleOptions;
  readonly #differences = new Differences();
  readonly #starts = new WeakMap<RecordingSpan, Start>();
  readonly #matches: SpanMatcher | undefined;
  /** For `filterSegment` only: the finished spans of each tree. */
  readonly #finished = new WeakMap<Segment, SpanJSON[]>();
  #spans = 0;

  constructor(parts: StaticLifecycleOptions) {
    super(parts);
    this.#with = parts;
    this.#matches = createIgnoreSpans(parts.options.ignoreSpans);
    for (const option of parts.options.retired) this.#differences.note('hook', option, HINTS.retired);
  }

  /** What has been seen so far. */
  compareReport(): CompareReport {
    return { spans: this.#spans, differences: this.#differences.list() };
  }

  override spanStarted(span: RecordingSpan): void {
    super.spanStarted(span);
    if (span.isSegment) this.#starts.set(span, { name: span.name });
  }

  override spanEnded(span: RecordingSpan): void {
    this.#spans++;
    this.#with.diagnostics.guard('compare', () => this.#look(span), undefined);
    super.spanEnded(span);
  }

  protected override leftOut({ name }: RecordingSpan): void {
    this.#differences.note('limit', 'transaction_limit', HINTS.limit, name);
  }

  protected override isLate({ name }: RecordingSpan): void {
    this.#differences.note('late', name, HINTS.late, name);
  }

  protected override finished(parts: SpanParts): void {
    const { filterSegment } = this.#with.options;
    if (filterSegment === undefined) return;
    const { segment, isSegment } = parts;
    const json = this.toJSON(parts);
    const spans = this.#finished.get(segment) ?? [];
    spans.push(json);
    if (!isSegment) return void this.#finished.set(segment, spans);
    const verdict = this.#with.diagnostics.guard<unknown>('filterSegment', () => filterSegment(json, spans), true);
    if (verdict === false) this.#differences.note('filter', 'filterSegment', HINTS.filterSegment, parts.name);
  }

  #look(span: RecordingSpan): void {
    const { name, attributes, statusMessage } = span;
    const differences = this.#differences;
    if (this.#matches?.(name, attributes) === true) differences.note('filter', 'ignoreSpans', HINTS.ignoreSpans, name);
    const before = this.#starts.get(span)?.name;
    if (before !== undefined && before !== name) differences.note('renamed', `${before} → ${name}`, HINTS.renamed, name);
    if (isStatusWord(statusMessage)) differences.note('attribute', `status ${statusMessage}`, HINTS.status, name);
    for (const tag of tagsOf(span) ?? []) differences.note('no_place', `tag ${tag}`, HINTS.tag, name);
    if (!span.isSegment) return;
    for (let i = 0; i < attributes.length; i += 2) {
      const value = attributes[i + 1];
      if (typeof value === 'object' && 'unit' in value)
        differences.note('no_place', `measurement ${attributes[i] as string}`, HINTS.measurement, name);
    }
  }
}
