import type { Diagnostics } from '../diagnostics.ts';
import { type AttributeLimits, type AttributeList, type AttributeObserver, indexOf } from '../span/attributes.ts';
import { NAME_SOURCE, type Segment } from '../span/segment.ts';
import type { RecordingSpan } from '../span/span.ts';
import type { SpanJSON } from '../span/span-data.ts';
import { readHooked, toSpanJSON } from '../span/span-json.ts';
import { type ConstantAttributes, type SpanParts, withConstants, withoutConstants } from './constants.ts';
import { finalAttributes, type FinalAttributesOptions } from './final-attributes.ts';
import { withTruncated } from './shorten.ts';

/** What decides over a finished span's last form. */
export interface SpanFinisherOptions {
  readonly attributes: FinalAttributesOptions;
  readonly limits: AttributeLimits;
  constants(): ConstantAttributes;
  readonly beforeSendSpan: ((span: SpanJSON) => SpanJSON) | undefined;
  readonly diagnostics: Diagnostics;
  valueTruncated(): void;
}

/** What becomes of each span when it has ended, in either lifecycle: its last attributes, then the hook. */
export class SpanFinisher {
  readonly #with: SpanFinisherOptions;
  /** A hook of the application's runs. */
  #isInHook = false;

  constructor(options: SpanFinisherOptions) {
    this.#with = options;
  }

  /** The span as it leaves. */
  finish(span: RecordingSpan): SpanParts {
    finalAttributes(span, this.#with.attributes);
    const { beforeSendSpan } = this.#with;
    return beforeSendSpan === undefined ? span : this.#askHook(span, beforeSendSpan);
  }

  /** The span as hooks and sinks see it. */
  toJSON(parts: SpanParts): SpanJSON {
    return toSpanJSON(parts, withConstants(parts, this.#with.constants()));
  }

  /** Spans that a hook itself starts and ends do not ask hooks again: that would never end. */
  inHook<T>(hook: () => T, otherwise: T): T {
    if (this.#isInHook) return otherwise;
    this.#isInHook = true;
    try {
      return hook();
    } finally {
      this.#isInHook = false;
    }
  }

  #askHook(parts: SpanParts, beforeSendSpan: (span: SpanJSON) => SpanJSON): SpanParts {
    return this.inHook(() => this.#with.diagnostics.guard('beforeSendSpan', () => this.#hooked(parts, beforeSendSpan), parts), parts);
  }

  #hooked(parts: SpanParts, beforeSendSpan: (span: SpanJSON) => SpanJSON): SpanParts {
    const { diagnostics } = this.#with;
    const constants = this.#with.constants();
    const before = withConstants(parts, constants);
    const json: unknown = beforeSendSpan(toSpanJSON(parts, before));
    diagnostics.watch('beforeSendSpan', json);
    if (typeof json !== 'object' || json === null)
      throw new TypeError('it must return the span; ignoreSpans and filterSegment leave spans out');
    const cut: string[] = [];
    const { attributes, ...rest } = readHooked(json as SpanJSON, parts, before, this.#observer(parts, cut));
    const list = cut.length === 0 ? attributes : withTruncated(attributes, cut);
    const { spanId, parentSpanId, segment, isSegment, startMs, endMs } = parts;
    const hooked = { spanId, parentSpanId, segment, isSegment, startMs, endMs, ...rest, ...withoutConstants(parts, constants, list) };
    if (isSegment) renameSegment(segment, rest.name, list);
    return hooked;
  }

  #observer(parts: SpanParts, cut: string[]): AttributeObserver {
    const { limits, diagnostics } = this.#with;
    return {
      limits,
      attributeCut: (key) => {
        this.#with.valueTruncated();
        cut.push(key);
      },
      attributeDropped: (key) =>
        diagnostics.debug(
          'beforeSendSpan',
          `Attribute '${key}' of span '${parts.name}' is dropped: beforeSendSpan gave it no attribute value.`,
        ),
    };
  }
}

/** What a hook makes of the top-level span's name holds for the spans below it, too (R5). */
function renameSegment(segment: Segment, name: string, attributes: AttributeList): void {
  segment.name = name;
  const at = indexOf(attributes, NAME_SOURCE);
  const source = at < 0 ? undefined : attributes[at + 1];
  if (typeof source === 'string') segment.source = source;
}
