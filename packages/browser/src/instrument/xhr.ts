import { SENTRY_CANCELLATION_REASON } from '@sentry/conventions/attributes';
import { type AnySpan, type Integration, type IntegrationClient, mergeBaggage } from '@spanstream/core';
import { guarded } from './guarded.ts';
import { createOutgoing, noteRefusal, noteStatus, type OutgoingRequest, type RequestOptions } from './outgoing.ts';
import { replaceMethod } from './replace-method.ts';

type Methods = Record<'open' | 'send' | 'setRequestHeader', (...args: unknown[]) => void>;

interface XhrCall {
  readonly method: unknown;
  readonly url: unknown;
  /** Those of the page that concern traces. */
  readonly headers: Map<string, string>;
  span?: AnySpan;
  /** If it carries headers of ours and asking twice is safe. */
  repeatable?: OutgoingRequest;
}

/** How a request of XMLHttpRequest is over; the last one comes also where a listener of the page's has stopped the others. */
const ENDS = ['load', 'error', 'abort', 'timeout', 'loadend'];
/** States of a request. */
const OPENED = 1;
const DONE = 4;
const TRACE_HEADER = /^(sentry-trace|traceparent|baggage)$/;
const PRINTABLE = /^[\t -~]*$/;

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
        (made ??= createXhrTracing(client, options, { open, send, setRequestHeader }));
      const restores = [
        replaceMethod(prototype, 'open', function (this: XMLHttpRequest, ...args: unknown[]) {
          const opened = tracing().opening(this);
          Reflect.apply(open, this, args);
          opened?.(args);
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

function createXhrTracing(client: IntegrationClient, options: RequestOptions, methods: Methods) {
  let start: ReturnType<typeof createOutgoing> | undefined;
  const calls = new WeakMap<XMLHttpRequest, XhrCall>();
  const end = (span: AnySpan | undefined, type: string, status: number): void => {
    if (span === undefined) return;
    noteStatus(span, status);
    if (type === 'abort') span.setAttribute(SENTRY_CANCELLATION_REASON, 'aborted');
    else if (status === 0) span.fail({ name: type });
    span.end();
  };
  const guard = <A extends unknown[], R>(work: (...args: A) => R): ((...args: A) => R | undefined) => guarded(client, 'Xhr', work);
  const ended = guard(({ currentTarget, type }: Event) => {
    const xhr = currentTarget as XMLHttpRequest;
    // Else a listener before this one has opened it anew, and the event is about the request before.
    if (xhr.readyState !== DONE) return;
    const call = calls.get(xhr);
    end(call?.span, type, xhr.status);
    if (type === 'error' && call?.repeatable && navigator.onLine !== false)
      askWithoutHeaders(call.method, call.repeatable, { methods, withCredentials: xhr.withCredentials });
  });
  return {
    opening: guard((xhr: XMLHttpRequest) => {
      const { readyState, status } = xhr;
      return ([method, url]: unknown[]): void => {
        // This gives up the request before, and no event tells of it; unless that has ended, and its events are under way.
        end(calls.get(xhr)?.span, readyState === DONE ? 'error' : 'abort', status);
        calls.set(xhr, { method, url, headers: new Map() });
      };
    }),
    /** Once set, a header can only be appended to; so `baggage` goes out when the request does, together with ours. */
    holdsBack: guard((xhr: XMLHttpRequest, args: unknown[]): boolean => {
      const [key = '', value] = args.map(String);
      const name = key.toLowerCase();
      // What is no header is the browser's to refuse.
      const isOurs = xhr.readyState === OPENED && TRACE_HEADER.test(name) && value !== undefined && PRINTABLE.test(value);
      const headers = isOurs ? calls.get(xhr)?.headers : undefined;
      const before = headers?.get(name);
      headers?.set(name, (before === undefined ? '' : `${before}, `) + value!);
      return headers !== undefined && name === 'baggage';
    }),
    /** The span, if this is where it begins. */
    sending: guard((xhr: XMLHttpRequest): AnySpan | undefined => {
      const call = calls.get(xhr);
      if (call === undefined || call.span !== undefined) return undefined;
      start ??= createOutgoing(client, 'xhr', options);
      const outgoing = start(String(call.method), String(call.url), xhr.withCredentials ? 'include' : undefined);
      if (outgoing?.span.isRecording() === true) call.span = outgoing.span;
      for (const type of ENDS) xhr.addEventListener(type, ended);
      const isLeftAlone = call.headers.has('sentry-trace') || call.headers.has('traceparent');
      const headers: Record<string, string> = isLeftAlone ? {} : { ...outgoing?.headers };
      if (outgoing?.mayRepeat && !isLeftAlone) call.repeatable = outgoing;
      const given = call.headers.get('baggage');
      if (given !== undefined) headers['baggage'] = mergeBaggage(given, headers['baggage'] ?? '');
      for (const name of Object.keys(headers)) Reflect.apply(methods.setRequestHeader, xhr, [name, headers[name]]);
      return call.span;
    }),
  };
}

/**
 * A request cannot be sent once more without the page's noticing. So another one, which ends when its answer begins, finds out
 * whether it was our headers, and the next ones go without (R28).
 */
function askWithoutHeaders(
  method: unknown,
  { url }: OutgoingRequest,
  { methods, withCredentials }: { readonly methods: Methods; readonly withCredentials: boolean },
): void {
  const xhr = new XMLHttpRequest();
  xhr.onreadystatechange = () => {
    if (xhr.status === 0) return;
    noteRefusal(url);
    xhr.abort();
  };
  Reflect.apply(methods.open, xhr, [method, url.href]);
  xhr.withCredentials = withCredentials;
  Reflect.apply(methods.send, xhr, []);
}
