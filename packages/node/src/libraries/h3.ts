import { HTTP_ROUTE, MIDDLEWARE_NAME, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import type { Integration } from '@spanstream/core';
import type { Library } from '../instrument/library.ts';
import { noteRoute } from '../instrument/route.ts';
import { traceChannel } from '../instrument/trace-channel.ts';

/** https://h3.dev: what its `tracingPlugin` publishes. */
interface H3Message {
  readonly type: 'middleware' | 'route';
  readonly event: { readonly context?: { readonly matchedRoute?: { readonly route?: unknown } } };
}

/** h3, and what is built on it: its tracing plugin publishes middleware and routes. */
export const h3: Library = { integration: 'H3', packages: { h3: '>=2.0.0 <3' }, publishes: '>=2.0.0', hooks: [] };

/** Gives the middleware and routes of an h3 application with `tracingPlugin` a span each, and the request's span the name of its route. */
export function h3Integration(): Integration {
  return {
    name: h3.integration,
    setup: (client) =>
      traceChannel<H3Message>(client, 'h3.request', {
        start({ type, event }) {
          const matched = event.context?.matchedRoute?.route;
          const route = type === 'route' && typeof matched === 'string' ? matched : undefined;
          if (route !== undefined) noteRoute(client.current, route);
          return {
            name: route ?? type,
            attributes: {
              [SENTRY_OP]: type === 'route' ? 'handler' : 'middleware',
              [SENTRY_ORIGIN]: 'auto.http.h3',
              [HTTP_ROUTE]: route,
              [MIDDLEWARE_NAME]: type === 'middleware' ? type : undefined,
            },
            onlyIfParent: true,
          };
        },
      }),
  };
}
