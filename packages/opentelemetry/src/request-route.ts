import type { Span as ApiSpan } from '@opentelemetry/api';
import { HTTP_REQUEST_METHOD, HTTP_ROUTE, SENTRY_SEGMENT_NAME_SOURCE } from '@sentry/conventions/attributes';
import { httpSpanName, type Span } from '@spanstream/core';
import { ElsewhereSpan } from './elsewhere-span.ts';

/** What instrumentation of routers and of servers tell each other by way of the context (`RPCMetadata` of `@opentelemetry/core`). */
interface RequestMetadata {
  readonly type: 'http';
  readonly span: ApiSpan;
  route?: string;
}

/** What instrumentation of routers finds where an integration of ours serves the request: the route that it writes becomes the span's name. */
export function createRequestMetadata(span: Span, face: ApiSpan): RequestMetadata {
  const metadata: RequestMetadata = { type: 'http', span: face };
  watchRoute(metadata, span);
  return metadata;
}

/** The same for the metadata that OpenTelemetry's instrumentation of servers has made for a request that an integration of ours records. */
export function followRoute(metadata: unknown): void {
  if (typeof metadata !== 'object' || metadata === null || !('span' in metadata)) return;
  const { span } = metadata;
  if (span instanceof ElsewhereSpan && span.receiver !== undefined) watchRoute(metadata, span.receiver);
}

/** At once, since at the end of the request the span of ours ends first. */
function watchRoute(metadata: object, span: Span): void {
  let route: unknown;
  Object.defineProperty(metadata, 'route', {
    get: () => route,
    set: (value: unknown) => {
      route = value;
      if (typeof value === 'string' && value !== '') nameRoute(span, value);
    },
    enumerable: true,
    configurable: true,
  });
}

function nameRoute(span: Span, route: string): void {
  const method = span.getAttributes()[HTTP_REQUEST_METHOD];
  span
    .setName(httpSpanName(typeof method === 'string' ? method : '', route))
    .setAttributes({ [HTTP_ROUTE]: route, [SENTRY_SEGMENT_NAME_SOURCE]: 'route' });
}
