import { BROWSER_NAVIGATION_TYPE, BROWSER_PERFORMANCE_NAVIGATION_ACTIVATION_START } from '@sentry/conventions/attributes';
import { type Integration, type IntegrationClient, parseIncoming, type Teardown, type TraceContext } from '@spanstream/core';
import { guarded } from './guarded.ts';
import type { IdleTimeouts } from './idle-span.ts';
import { listen } from './listen.ts';
import { closePageRoot, getPageRoot, listenToErrors, type PageRoot, type PageRootOptions, startPageRoot } from './page-root.ts';
import { recordMeasured, toEpoch } from './page-span.ts';
import { observeResources } from './resources.ts';

/** The document of 2026 as it is; `lib.dom` does not know prerendering and delivery types yet. */
type NavigationTiming = PerformanceNavigationTiming & { readonly activationStart?: number; readonly deliveryType?: string };
type Prerendered = Document & { readonly prerendering?: boolean };

const HEADERS = ['sentry-trace', 'traceparent', 'tracestate', 'baggage'];

/** Phases of the page load: the op after `browser.`, and the members of its navigation entry. */
const PHASES = [
  ['unload_event', 'unloadEventStart', 'unloadEventEnd'],
  ['redirect', 'redirectStart', 'redirectEnd'],
  ['cache', 'fetchStart', 'domainLookupStart'],
  ['dns', 'domainLookupStart', 'domainLookupEnd'],
  ['connect', 'connectStart', 'connectEnd'],
  ['tls_ssl', 'secureConnectionStart', 'connectEnd'],
  ['request', 'requestStart', 'responseStart'],
  ['response', 'responseStart', 'responseEnd'],
  ['dom_content_loaded_event', 'domContentLoadedEventStart', 'domContentLoadedEventEnd'],
  ['load_event', 'loadEventStart', 'loadEventEnd'],
] as const;

/**
 * The load of the page as the root span `Pageload`, from the moment the browser began it: its phases, the resources that
 * it brings, and all that has no other parent. Continues the trace that the server wrote into the page.
 */
export function pageLoadIntegration(timeouts: IdleTimeouts = {}): Integration {
  return {
    name: 'PageLoad',
    setup(client) {
      if (typeof document === 'undefined') return undefined;
      const { href } = location;
      // An error may come before anything else has needed the client.
      const stop = listenToErrors((event) => {
        stop();
        getPageRoot()?.fail(event);
      });
      client.whenNeeded(() => {
        stop();
        return followLoad(client, href, timeouts);
      });
      return undefined;
    },
  };
}

/** Follows the load of the page at that address, from its start on. */
function followLoad(client: IntegrationClient, href: string, timeouts: IdleTimeouts): Teardown {
  const { tracer } = client.current;
  const trace = serverTrace(client);
  // Pinned before the span of a prerendered page begins, too.
  tracer.rootContext = { ...tracer.rootContext, trace };
  let root: PageRoot | undefined;
  let isFinished = false;
  const finish = guarded(client, 'PageLoad', () => {
    if (root === undefined || isFinished || document.readyState !== 'complete') return;
    isFinished = true;
    finishLoad(client, root);
  });
  const begin = guarded(client, 'PageLoad', () => {
    root = startPageLoad(client, { href, trace, timeouts });
    finishLater();
  });
  // The end of the load event is known in the task after it. A prerendered page may have loaded long before it is looked at.
  const finishLater = (): void => void setTimeout(finish);
  if (!(document as Prerendered).prerendering) begin();
  const stops = [listen(['prerenderingchange'], begin, document), listen(['load'], finishLater), observeResources(client)];
  return () => {
    for (const stop of stops) stop();
    closePageRoot();
  };
}

function navigationTiming(): NavigationTiming | undefined {
  return performance.getEntriesByType?.('navigation')[0] as NavigationTiming | undefined;
}

/** The trace of the page's meta tags, else of its `Server-Timing` entries, else a new one. */
function serverTrace({ current }: IntegrationClient): TraceContext {
  const timing = navigationTiming();
  const carrier: Record<string, string | undefined> = {};
  // A page out of the cache carries the trace of an earlier load.
  if (timing?.deliveryType !== 'cache') {
    const read = (readOne: (name: string) => string | null | undefined): boolean => {
      for (const name of HEADERS) carrier[name] = readOne(name) ?? undefined;
      return Boolean(carrier['sentry-trace'] ?? carrier['traceparent']);
    };
    if (!read((name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content')))
      read((name) => timing?.serverTiming?.find((entry) => entry.name === name)?.description);
  }
  return parseIncoming(carrier, current.incoming);
}

function startPageLoad(client: IntegrationClient, options: Pick<PageRootOptions, 'href' | 'trace' | 'timeouts'>): PageRoot {
  const timing = navigationTiming();
  const activationMs = timing?.activationStart ?? 0;
  return startPageRoot(client, {
    ...options,
    op: 'pageload',
    // What a page did before anybody saw it is no waiting.
    startMs: toEpoch(client, activationMs),
    isLoading: true,
    attributes: {
      [BROWSER_NAVIGATION_TYPE]: timing?.type,
      ...(activationMs > 0 && { [BROWSER_PERFORMANCE_NAVIGATION_ACTIVATION_START]: activationMs }),
    },
  });
}

function finishLoad(client: IntegrationClient, root: PageRoot): void {
  const { tracer, fault } = client.current;
  const timing = navigationTiming();
  if (timing === undefined) {
    fault('PageLoad', 'the page has no navigation entry');
    return root.becomeQuiet(tracer.clock.now());
  }
  for (const [name, startKey, endKey] of PHASES) {
    const start = Math.max(timing[startKey], timing.activationStart ?? 0);
    // Phases that did not take place are zero.
    if (timing[startKey] > 0 && timing[endKey] > start) {
      const measured = { name, op: `browser.${name}`, origin: 'pageload', startTime: start, duration: timing[endKey] - start };
      recordMeasured(client, measured, root.span);
    }
  }
  root.becomeQuiet(toEpoch(client, timing.loadEventEnd));
}
