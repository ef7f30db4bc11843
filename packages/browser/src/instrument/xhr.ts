import { SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import { type AnySpan, type Integration, type IntegrationClient, mergeBaggage } from '@spanstream/core';
import { guarded } from './guarded.ts';
import { createOutgoing, noteStatus, type RequestOptions } from './outgoing.ts';
import { replaceMethod } from './replace-method.ts';

type SetHeader = (xhr: XMLHttpRequest, name: string, value: string) => void;
type Methods = Record<'open' | 'send' | 'setRequestHeader', (...args: unknown[]) => void>;

interface XhrCall {
  readonly method: unknown;
  readonly url: unknown;
  /** Those of the page that concern traces. */
  readonly headers: Map<string, string>;
  span?: AnySpan;
}

/** How a request of XMLHttpRequest is over. */
const ENDS = ['load', 'error', 'abort', 'timeout'];
const TRACE_HEADER = /^(sentry-trace|traceparent|baggage)$/;

/** Each request of XMLHttpRequest as a span, and trace headers for `tracePropagationTargets`. */
export function xhrIntegration(options: RequestOptions = {}): Integration {
  return {
    name: 'Xhr',
    setup(client) {
      if (typeof XMLHttpRequest !== 'function') return undefined;
      const prototype = XMLHttpRequest.prototype as unknown as Methods;
      const { open, send, setRequestHeader } = prototype;
      // Made with the first request.
      let made: ReturnType<typeof createXhrTracing> | undefined;
      const tracing = (): ReturnType<typeof createXhrTracing> =>
        (made ??= createXhrTracing(client, options, (xhr, ...header) => Reflect.apply(setRequestHeader, xhr, header)));
      const restores = [
        replaceMethod(prototype, 'open', function (this: XMLHttpRequest, ...args: unknown[]) {
          Reflect.apply(open, this, args);
          tracing().opened(this, args);
        }),
        replaceMethod(prototype, 'setRequestHeader', function (this: XMLHttpRequest, ...args: unknown[]) {
          if (!tracing().holdsBack(this, args)) Reflect.apply(setRequestHeader, this, args);
        }),
        replaceMethod(prototype, 'send', function (this: XMLHttpRequest, ...args: unknown[]) {
          const span = tracing().sending(this);
          try {
            Reflect.apply(send, this, args);
          } catch (error) {
            // A synchronous request throws, and no event tells of it.
            span?.fail(error);
            span?.end();
            throw error;
          }
        }),
      ];
      return () => {
        for (const restore of restores) restore();
      };
    },
  };
}

function createXhrTracing(client: IntegrationClient, options: RequestOptions, setHeader: SetHeader) {
  let start: ReturnType<typeof createOutgoing> | undefined;
  const calls = new WeakMap<XMLHttpRequest, XhrCall>();
  const end = (xhr: XMLHttpRequest, type: string): void => {
    const span = calls.get(xhr)?.span;
    if (span === undefined) return;
    noteStatus(span, xhr.status);
    if (type === 'abort') span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
    else if (type !== 'load') span.fail({ name: type });
    span.end();
  };
  const guard = <A extends unknown[], R>(work: (...args: A) => R): ((...args: A) => R | undefined) => guarded(client, 'Xhr', work);
  const ended = guard((event: Event) => end(event.currentTarget as XMLHttpRequest, event.type));
  return {
    opened: guard((xhr: XMLHttpRequest, [method, url]: unknown[]) => {
      // To open it anew gives up the request before, and no event tells of it.
      end(xhr, 'abort');
      calls.set(xhr, { method, url, headers: new Map() });
    }),
    /** Once set, a header can only be appended to; so `baggage` goes out when the request does, together with ours. */
    holdsBack: guard((xhr: XMLHttpRequest, [name, value]: unknown[]): boolean => {
      const key = String(name).toLowerCase();
      const headers = xhr.readyState === 1 && TRACE_HEADER.test(key) ? calls.get(xhr)?.headers : undefined;
      const before = headers?.get(key);
      headers?.set(key, (before === undefined ? '' : `${before}, `) + String(value));
      return headers !== undefined && key === 'baggage';
    }),
    /** The span, if this is where it begins. */
    sending: guard((xhr: XMLHttpRequest): AnySpan | undefined => {
      const call = calls.get(xhr);
      if (call === undefined || call.span !== undefined) return undefined;
      start ??= createOutgoing(client, 'xhr', options);
      const outgoing = start(String(call.method), String(call.url), xhr.withCredentials ? 'include' : undefined);
      const isLeftAlone = call.headers.has('sentry-trace') || call.headers.has('traceparent');
      const headers: Record<string, string> = isLeftAlone ? {} : { ...outgoing?.headers };
      const given = call.headers.get('baggage');
      if (given !== undefined) headers['baggage'] = mergeBaggage(given, headers['baggage'] ?? '');
      for (const name in headers) setHeader(xhr, name, headers[name]!);
      if (outgoing?.span.isRecording() !== true) return undefined;
      call.span = outgoing.span;
      for (const type of ENDS) xhr.addEventListener(type, ended, { once: true });
      return call.span;
    }),
  };
}
