import { NAVIGATION_TYPE, SENTRY_LINK_TYPE, SENTRY_SEGMENT_NAME_SOURCE, URL_QUERY, URL_TEMPLATE } from '@sentry/conventions/attributes';
import { type AnySpan, type Integration, type IntegrationClient, type TraceContext } from '@spanstream/core';
import { guarded } from './guarded.ts';
import type { IdleTimeouts } from './idle-span.ts';
import { listen } from './listen.ts';
import { closePageRoot, getPageRoot, pageAttributes, startPageRoot } from './page-root.ts';
import { replaceMethod } from './replace-method.ts';

/** Options of `navigationIntegration`. */
export interface NavigationOptions extends IdleTimeouts {
  /** Default false. True: the decision made for the first trace of the page holds for those of its navigations. */
  readonly consistentTraceSampling?: boolean;
}

type NavigationKind = 'push' | 'replace' | 'traverse' | 'back_forward_cache' | 'router';

/** https://html.spec.whatwg.org/#navigation-api, as far as it is needed; not in `lib.dom` yet. */
interface NavigationApi extends EventTarget {
  /** Null where no entry ever changes: in a sandbox, in a window that nothing was loaded into. */
  readonly currentEntry: { readonly url: string | null } | null;
}

interface CurrentEntryChange extends Event {
  readonly navigationType: 'push' | 'replace' | 'traverse' | 'reload' | null;
}

/** A router has announced a navigation and not yet changed the address. */
let announced: AnySpan | undefined;
let announce: (() => void) | undefined;

/**
 * Each navigation inside the page as a root span `Navigation` in a trace of its own, linked to the one before: found with
 * the Navigation API, where there is none with the History API, and when the page comes back from the back/forward cache.
 */
export function navigationIntegration(options: NavigationOptions = {}): Integration {
  return {
    name: 'Navigation',
    setup(client) {
      if (typeof document === 'undefined') return undefined;
      const begin = guarded(client, 'Navigation', (kind: NavigationKind, atMs?: number) => {
        announced = undefined;
        return startNavigation(client, options, { kind, atMs }).span;
      });
      let href = location.href;
      const moved = guarded(client, 'Navigation', (kind: NavigationKind): void => {
        const before = href;
        href = location.href;
        if (!isNavigation(before, href)) return;
        const span = getPageRoot()?.span;
        const isGoingOn = span !== undefined && !span.ended;
        // What a router announced arrives; and a redirect is part of the navigation that it ends.
        if (isGoingOn && (span === announced || kind === 'replace'))
          span.setAttributes({ [URL_QUERY]: undefined, ...pageAttributes(client) });
        else begin(kind);
        announced = undefined;
      });
      announce = (): void => void (announced = begin('router'));
      const stops = [
        watchAddress(client, moved),
        listen(['pageshow'], (event) => {
          if ((event as PageTransitionEvent).persisted) begin('back_forward_cache', client.current.tracer.clock.offsetMs + event.timeStamp);
        }),
      ];
      return () => {
        announce = undefined;
        for (const stop of stops) stop();
        closePageRoot();
      };
    },
  };
}

/**
 * Names the page load or navigation that is going on, e.g. `/users/:id`, once its route is known. Adapters for routers do.
 */
export function setRoute(route: string): void {
  const span = getPageRoot()?.span;
  if (span?.isRecording() !== true || typeof route !== 'string' || route === '') return;
  span.setName(route).setAttributes({ [URL_TEMPLATE]: route, [SENTRY_SEGMENT_NAME_SOURCE]: 'route' });
}

/** A router begins a navigation, before it changes the address: what it loads for it belongs to that already. */
export const announceNavigation = (): void => announce?.();

/** A fragment of its own is a place in the page, except for routers that keep the route in it. */
function isNavigation(from: string, to: string): boolean {
  const [fromPage, fromHash = ''] = from.split('#');
  const [toPage, toHash = ''] = to.split('#');
  return fromPage !== toPage || (/^[/!]/.test(fromHash + toHash) && fromHash !== toHash);
}

function watchAddress(client: IntegrationClient, moved: (kind: NavigationKind) => void): () => void {
  const { navigation } = globalThis as { navigation?: NavigationApi };
  // Not a variable of the page's own of that name.
  if (navigation?.currentEntry) {
    return listen(
      ['currententrychange'],
      (event) => {
        const { navigationType } = event as CurrentEntryChange;
        if (navigationType !== null && navigationType !== 'reload') moved(navigationType);
      },
      navigation,
    );
  }
  const stops = [listen(['popstate', 'hashchange'], () => moved('traverse'))];
  for (const kind of ['push', 'replace'] as const) {
    const name = `${kind}State` as const;
    const target = Object.hasOwn(history, name) ? history : History.prototype;
    const original = history[name];
    const wrapper = function (this: History, ...args: Parameters<typeof original>): void {
      Reflect.apply(original, this, args);
      moved(kind);
    };
    // A page may have frozen its history: then only the way back is seen.
    const restore = guarded(client, 'Navigation', () => replaceMethod(target, name, wrapper))();
    if (restore) stops.push(restore);
  }
  return () => {
    for (const stop of stops) stop();
  };
}

function startNavigation(
  client: IntegrationClient,
  options: NavigationOptions,
  { kind, atMs }: { readonly kind: NavigationKind; readonly atMs: number | undefined },
): ReturnType<typeof startPageRoot> {
  const previous = getPageRoot()?.span;
  const root = startPageRoot(client, {
    op: 'navigation',
    trace: nextTrace(client, options.consistentTraceSampling === true ? previous : undefined),
    ...(atMs !== undefined && { startMs: atMs }),
    timeouts: options,
    attributes: { [NAVIGATION_TYPE]: kind },
    ...(previous && { links: [{ context: previous.spanContext(), attributes: { [SENTRY_LINK_TYPE]: 'previous_trace' } }] }),
  });
  // A navigation that loads nothing lasts until it is painted.
  requestAnimationFrame(() => setTimeout(() => root.extend(client.current.tracer.clock.now())));
  return root;
}

/** A new trace, with the decision of the one before where there was one. */
function nextTrace({ current }: IntegrationClient, previous: AnySpan | undefined): TraceContext {
  const { tracer, headers } = current;
  const trace = tracer.newTrace();
  const segment = previous?.segment;
  const sampled = segment?.sampled;
  if (segment === undefined || sampled === undefined) return trace;
  const { transaction: _, ...dsc } = headers.freeze(segment);
  return {
    ...trace,
    sampleRand: segment.trace.sampleRand,
    sampled,
    ...(dsc['sample_rate'] !== undefined && { sampleRate: Number(dsc['sample_rate']) }),
    dsc: Object.freeze({ ...dsc, trace_id: trace.traceId }),
  };
}
