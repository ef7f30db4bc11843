import { HTTP_ROUTE, MIDDLEWARE_NAME, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import type { Current } from '@spanstream/core';
import { endWithPromise } from './end-with-promise.ts';
import { failSpan } from './fail-span.ts';
import { noteRoute } from './route.ts';
import type { RequestLayer } from './request-layers.ts';

/** Runs middleware or a handler in a span, until the promise that it returns is settled: what it waits for is inside. */
export function runLayer<T>(current: Current, library: string, { name, route }: RequestLayer, run: () => T): T {
  if (route !== undefined) noteRoute(current, route);
  const { span, context } = current.tracer.begin({
    name,
    attributes: {
      [SENTRY_OP]: route === undefined ? 'middleware' : 'handler',
      [SENTRY_ORIGIN]: `auto.http.${library}`,
      [MIDDLEWARE_NAME]: route === undefined ? name : undefined,
      [HTTP_ROUTE]: route,
    },
    onlyIfParent: true,
  });
  if (!span.isRecording()) return run();
  try {
    const result = current.tracer.runIn(context, run);
    const promise = endWithPromise(span, result);
    if (promise !== undefined) return promise as T;
    span.end();
    return result;
  } catch (error) {
    failSpan(span, error);
    span.end();
    throw error;
  }
}
