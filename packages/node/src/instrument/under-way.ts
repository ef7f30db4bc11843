import type { EventEmitter } from 'node:events';
import type { AnySpan } from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/** The spans of calls under way, by connection: of one that is lost its library may say nothing more. */
export class UnderWay {
  readonly #spans = new WeakMap<object, Set<AnySpan>>();
  readonly #lost = new WeakSet<object>();
  readonly #errorType: string;

  /** @param errorType what a lost connection is called, e.g. the library's own code for it */
  constructor(errorType: string) {
    this.#errorType = errorType;
  }

  /** The call has begun; `stream` is the connection's socket, whose end is the last that is heard of it. */
  add(connection: object, stream: EventEmitter | undefined, span: AnySpan): void {
    let spans = this.#spans.get(connection);
    if (spans === undefined) {
      this.#spans.set(connection, (spans = new Set()));
      // What the library says of it goes before, even if it throws.
      stream?.prependOnceListener('close', () => process.nextTick(() => this.lose(connection)));
    }
    spans.add(span);
  }

  /** Ends the span; the library has said how the call ended. */
  end(connection: object, span: AnySpan): void {
    this.#spans.get(connection)?.delete(span);
    span.end();
  }

  /** Fails what is under way: nobody will hear of it any more. */
  lose(connection: object): void {
    this.#lost.add(connection);
    for (const span of this.#spans.get(connection) ?? []) {
      failSpan(span, this.#errorType);
      this.end(connection, span);
    }
  }

  isLost(connection: object): boolean {
    return this.#lost.has(connection);
  }
}
