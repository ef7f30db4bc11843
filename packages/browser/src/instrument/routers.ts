import type { Teardown } from '@spanstream/core';
import { safely } from './guarded.ts';
import { announceNavigation, setRoute } from './navigation.ts';

/** The router of `createBrowserRouter` and its siblings of React Router 6.4 and later, as far as it is needed. */
export interface ReactRouterLike {
  readonly state: ReactRouterState;
  subscribe(listener: (state: ReactRouterState) => void): () => void;
}

/** What a router of React Router shows of itself. */
export interface ReactRouterState {
  readonly navigation: { readonly state: string };
  readonly matches: readonly { readonly route: { readonly path?: string | undefined } }[];
}

/** A router of Vue Router 4 and later, as far as it is needed. */
export interface VueRouterLike {
  beforeEach(guard: (to: VueRouteLike, from: VueRouteLike) => void): () => void;
  afterEach(guard: (to: VueRouteLike, from: VueRouteLike, failure?: unknown) => void): () => void;
}

/** A resolved route of Vue Router. */
export interface VueRouteLike {
  readonly path: string;
  readonly matched: readonly { readonly path: string }[];
}

/** Names page load and navigations after the routes of React Router, and lets them begin with their loaders. Returns what undoes it. */
export function traceReactRouter(router: ReactRouterLike): Teardown {
  let isLoading = false;
  const follow = guard(({ navigation, matches }: ReactRouterState) => {
    const wasLoading = isLoading;
    isLoading = navigation.state !== 'idle';
    if (isLoading) {
      if (!wasLoading) announceNavigation();
      return;
    }
    setRoute(`/${matches.map(({ route }) => route.path ?? '').join('/')}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'));
  });
  return attach(() => {
    follow(router.state);
    return router.subscribe(follow);
  });
}

/** Names page load and navigations after the routes of Vue Router, and lets them begin with its guards. Returns what undoes it. */
export function traceVueRouter(router: VueRouterLike): Teardown {
  return attach(() => {
    const stops = [
      // The first one is the page load, which comes from nowhere.
      router.beforeEach(
        guard((to: VueRouteLike, from: VueRouteLike) => void (from.matched.length > 0 && to.path !== from.path && announceNavigation())),
      ),
      router.afterEach(
        guard((to: VueRouteLike, _from: VueRouteLike, failure?: unknown) => {
          const route = to.matched.at(-1)?.path;
          if (!failure && route !== undefined) setRoute(route);
        }),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  });
}

const attach = (work: () => Teardown): Teardown => safely('The router', work) ?? (() => undefined);

/** A router must not fail with us. */
function guard<A extends unknown[]>(follow: (...args: A) => void): (...args: A) => void {
  return (...args) => safely('The router', () => follow(...args));
}
