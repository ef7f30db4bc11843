import { HTTP_RESPONSE_STATUS_CODE, SENTRY_OP, SENTRY_ORIGIN, SENTRY_SEGMENT_NAME_SOURCE } from '@sentry/conventions/attributes';
import {
  type AnySpan,
  type Attributes,
  type Client,
  type Context,
  followStream,
  getClient,
  httpSpanName,
  methodAttributes,
  parseIncoming,
  sanitizeUrl,
  statusFromHttp,
  urlAttributes,
} from '@spanstream/core';
import { failSpan } from '../instrument/fail-span.ts';
import { reviveTimers } from './edge-timers.ts';
import { findWaitUntil, type InvocationContext } from './wait-until.ts';

/** A `Request`, named by its shape so that these types need none of the runtime's. */
export interface EdgeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** A `Response`, likewise. */
export interface EdgeResponse {
  readonly status: number;
  readonly body: unknown;
}

/** So long a backend that does not answer may hold an invocation, whose response has left. */
const FLUSH_MS = 5000;

/**
 * Runs the handler of an incoming request in a span and an isolation scope of its own, in the trace that the request's headers
 * name. The span ends with the response's body. Behind it everything is sent, held by `waitUntil` where the runtime has one.
 *
 * `export default { fetch: (request, env, ctx) => traceRequest(request, () => handle(request), ctx) };`
 * @param context what the runtime passes to its handlers; found without it on Vercel, Next and Netlify
 */
export async function traceRequest<R extends EdgeResponse>(
  request: EdgeRequest,
  handler: () => R | Promise<R>,
  context?: InvocationContext,
): Promise<R> {
  const client = getClient();
  if (client === undefined || client.isClosed || !client.options.enabled) return handler();
  const started = start(client, request);
  if (started === undefined) return handler();
  const { span, work } = started;
  flushBehind(client, span, context);
  try {
    return finish(client, started, await client.current.tracer.runIn(work, handler));
  } catch (error) {
    span.fail(error);
    span.end();
    throw error;
  }
}

interface Started {
  readonly span: AnySpan;
  readonly work: Context;
}

function start({ current, settings }: Client, request: EdgeRequest): Started | undefined {
  try {
    const { tracer, incoming } = current;
    const outside = tracer.contextFromOutside(parseIncoming(request.headers, incoming));
    const begun = tracer.begin(
      { name: httpSpanName(request.method), attributes: requestAttributes(request, settings.sendDefaultPii) },
      outside,
    );
    begun.context.scope.entrySpan = begun.span;
    return { span: begun.span, work: begun.context };
  } catch (error) {
    current.fault('traceRequest', error);
    return undefined;
  }
}

function requestAttributes({ method, url }: EdgeRequest, sendDefaultPii: boolean): Attributes {
  return {
    [SENTRY_OP]: 'http.server',
    [SENTRY_ORIGIN]: 'auto.http.edge',
    [SENTRY_SEGMENT_NAME_SOURCE]: 'url',
    ...methodAttributes(method),
    ...urlAttributes(sanitizeUrl(url, sendDefaultPii)),
  };
}

/** The response with its body followed to its end, which ends the span; one without a body ends it now. */
function finish<R extends EdgeResponse>({ current }: Client, { span, work }: Started, response: R): R {
  try {
    const { status, body } = response;
    span.setAttribute(HTTP_RESPONSE_STATUS_CODE, status);
    if (statusFromHttp(status, 'server') === 'error') failSpan(span, String(status));
    if (body !== null && body !== undefined) return followStream(response, { span, context: work, tracer: current.tracer });
  } catch (error) {
    current.fault('traceRequest', error);
  }
  span.end();
  return response;
}

function flushBehind(client: Client, span: AnySpan, context: InvocationContext | undefined): void {
  try {
    const waitUntil = findWaitUntil(context);
    if (waitUntil === undefined) return;
    reviveTimers();
    if (!span.isRecording()) return;
    waitUntil(
      new Promise<void>((resolve) => {
        span.segment.watch = ({ spanId, ended }) => {
          // Its own children may end in the same turn.
          if (ended && spanId === span.spanId)
            resolve(
              Promise.resolve()
                .then(() => client.flush(FLUSH_MS))
                .then(() => undefined),
            );
        };
      }),
    );
  } catch (error) {
    client.current.fault('waitUntil', error);
  }
}
