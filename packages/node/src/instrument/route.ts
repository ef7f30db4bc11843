import { HTTP_REQUEST_METHOD, HTTP_ROUTE, SENTRY_SEGMENT_NAME_SOURCE } from '@sentry/conventions/attributes';
import { type Current, httpSpanName } from '@spanstream/core';

/** Names the route of the incoming request that this code runs for: its span becomes e.g. `GET /users/:id`. */
export function noteRoute({ tracer }: Current, route: string): void {
  const span = tracer.context.scope.entrySpan;
  if (span?.isRecording() !== true || typeof route !== 'string' || route === '') return;
  const method = span.getAttributes()[HTTP_REQUEST_METHOD];
  span
    .setName(httpSpanName(typeof method === 'string' ? method : '', route))
    .setAttributes({ [HTTP_ROUTE]: route, [SENTRY_SEGMENT_NAME_SOURCE]: 'route' });
}

/** The route below the prefix that a router is mounted at. */
export function joinRoute(prefix: string, route: unknown): string {
  const own = patternText(route);
  const before = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (own === '' || own === '/') return before === '' ? '/' : before;
  return own.startsWith('/') ? before + own : `${before}/${own}`;
}

function patternText(route: unknown): string {
  if (Array.isArray(route)) return route.map(patternText).join('|');
  if (route instanceof RegExp) return String(route);
  return typeof route === 'string' ? route : '';
}
