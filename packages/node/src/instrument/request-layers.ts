import type { ServerResponse } from 'node:http';
import { HTTP_ROUTE, MIDDLEWARE_NAME, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import type { AnySpan, Context, Current } from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/** What runs for a request: a handler when it has a route, else middleware. */
export interface RequestLayer {
  readonly name: string;
  readonly route?: string | undefined;
}

/**
 * The middleware and handlers of frameworks that pass a request from one to the next. One is over when the next one begins,
 * or with the response: that is when it called `next()`, whoever was asked in between.
 */
export class RequestLayers {
  readonly #current: Current;
  readonly #origin: string;
  readonly #open = new WeakMap<object, AnySpan>();
  readonly #watched = new WeakSet<object>();

  constructor(current: Current, library: string) {
    this.#current = current;
    this.#origin = `auto.http.${library}`;
  }

  /** Begins one and ends the one before; answers with its context. */
  enter(response: ServerResponse, { name, route }: RequestLayer): Context {
    this.leave(response);
    const { span, context } = this.#current.tracer.begin({
      name,
      attributes: {
        [SENTRY_OP]: route === undefined ? 'middleware' : 'handler',
        [SENTRY_ORIGIN]: this.#origin,
        [MIDDLEWARE_NAME]: route === undefined ? name : undefined,
        [HTTP_ROUTE]: route,
      },
      onlyIfParent: true,
    });
    if (!span.isRecording()) return this.#current.tracer.context;
    this.#open.set(response, span);
    this.#watch(response);
    return context;
  }

  /** What runs has failed. */
  fail(response: ServerResponse, error: unknown): void {
    const span = this.#open.get(response);
    if (span !== undefined) failSpan(span, error);
  }

  /** What runs has passed the request on. */
  leave(response: ServerResponse): void {
    const span = this.#open.get(response);
    if (span === undefined) return;
    this.#open.delete(response);
    span.end();
  }

  #watch(response: ServerResponse): void {
    if (this.#watched.has(response)) return;
    this.#watched.add(response);
    const end = (): void => this.leave(response);
    response.once('finish', end).once('close', end);
  }
}
