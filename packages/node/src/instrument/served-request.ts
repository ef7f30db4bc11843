import type { ServerResponse } from 'node:http';
import { HTTP_RESPONSE_BODY_SIZE, HTTP_RESPONSE_STATUS_CODE, SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import { type AnySpan, type Context, type Current, statusFromHttp } from '@spanstream/core';
import { failSpan } from './fail-span.ts';
import { parseSize } from './server-attributes.ts';

/** An incoming request: the context that its handler and listeners run in and, where it is recorded, its span. */
export class ServedRequest {
  readonly context: Context;
  readonly #current: Current;
  #span: AnySpan | undefined;
  #response: ServerResponse | undefined;

  constructor(context: Context, current: Current) {
    this.context = context;
    this.#current = current;
  }

  /** Ends the span when the last byte of the response has been handed over, or when nobody is left to take it. */
  endWith(response: ServerResponse, span: AnySpan): void {
    this.#span = span;
    this.#response = response;
    response.on('close', this.#end);
  }

  /** A pipelined response that waits for an earlier one hears nothing of its connection's end (Node 20). */
  watchQueue(): void {
    const response = this.#response;
    if (response === undefined || response.socket !== null) return;
    const connection = response.req.socket;
    connection.once('close', this.#end);
    response.once('close', () => connection.off('close', this.#end));
  }

  readonly #end = (): void => {
    const span = this.#span!;
    try {
      describeEnd(span, this.#response!);
    } catch (error) {
      this.#current.fault('HttpServer', error);
    }
    span.end();
  };
}

function describeEnd(span: AnySpan, response: ServerResponse): void {
  if (response.headersSent) {
    const { statusCode } = response;
    span.setAttribute(HTTP_RESPONSE_STATUS_CODE, statusCode);
    span.setAttribute(HTTP_RESPONSE_BODY_SIZE, parseSize(response.getHeader('content-length')));
    if (statusFromHttp(statusCode, 'server') === 'error') failSpan(span, String(statusCode));
  }
  if (response.writableFinished) return;
  span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
  // A client that goes away is no fault of the server: that is how every event stream ends.
  const { errored } = response;
  if (errored && (errored as NodeJS.ErrnoException).code !== 'ECONNRESET') failSpan(span, errored);
}
