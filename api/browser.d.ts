// @spanstream/browser: async.d.mts
/// <reference lib="esnext.disposable" />
/** One call of an asynchronous function that the build plugin has prepared. */
interface AsyncScope {
    /** Stands directly before a suspension. */
    wait<T>(value?: T): T;
    /** Stands directly after it, also where the suspension ended in a throw. */
    back<T>(value?: T): T;
    /** The call is over. */
    end(): void;
    /** What `for await` goes through. */
    each<T extends object>(iterable: T): T;
}
/** Called by what `@spanstream/browser/vite` and `/rollup` generate: keeps the context of one call over its suspensions. */
declare function startAsyncScope(): AsyncScope;

export { startAsyncScope };
export type { AsyncScope };

// @spanstream/browser: bare.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';
export { IdleTimeouts, InteractionsOptions, MessageTarget, NavigationOptions, ReactRouterLike, ReactRouterState, RequestOptions, VueRouteLike, VueRouterLike, close, fetchIntegration, flush, interactionsIntegration, longTasksIntegration, navigationIntegration, pageLoadIntegration, propagateTo, setRoute, traceReactRouter, traceVueRouter, webVitalsIntegration, workerIntegration, xhrIntegration } from './index.mjs';

/**
 * Starts the SDK without default integrations, so that a bundle has only those that the option `integrations` names, and with
 * traceLifecycle `stream` only.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

export { init };

// @spanstream/browser: index.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client, Integration, Teardown } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

/**
 * Starts the SDK in a page or a worker.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** Options of the integrations that trace requests. */
interface RequestOptions {
    /**
     * Default false. True: another origin gets headers only after it has answered a request with them, made in the background
     * beside the first one that would have carried them. So none of the page's own requests fails for an unprepared server.
     */
    readonly probeCors?: boolean;
}

/** Each request of `fetch` as a span that ends with the response's body, and trace headers for `tracePropagationTargets`. */
declare function fetchIntegration(options?: RequestOptions): Integration;

/** How long a page load or navigation waits, in ms. */
interface IdleTimeouts {
    /** Without open children and with nothing new; default 1000. */
    readonly idleTimeoutMs?: number;
    /** In all; default 30,000. */
    readonly finalTimeoutMs?: number;
    /** With open children of which nothing is heard; default 15,000. */
    readonly childSpanTimeoutMs?: number;
}

/** Options of `interactionsIntegration`. */
interface InteractionsOptions {
    /** Interactions shorter than this, in ms from the input to the next paint, are left out; default 40. Browsers know none below 16. */
    readonly minDurationMs?: number;
}
/** What the user does and how long the page takes to show the effect, as spans below the page load or navigation. */
declare function interactionsIntegration({ minDurationMs }?: InteractionsOptions): Integration;

/** What keeps the page from answering for 50 ms and more: long animation frames with the script that took longest, else long tasks. */
declare function longTasksIntegration(): Integration;

/** Options of `navigationIntegration`. */
interface NavigationOptions extends IdleTimeouts {
    /** Default false. True: the decision made for the first trace of the page holds for those of its navigations. */
    readonly consistentTraceSampling?: boolean;
}
/**
 * Each navigation inside the page as a root span `Navigation` in a trace of its own, linked to the one before: found with
 * the Navigation API, where there is none with the History API, and when the page comes back from the back/forward cache.
 */
declare function navigationIntegration(options?: NavigationOptions): Integration;
/**
 * Names the page load or navigation that is going on, e.g. `/users/:id`, once its route is known. Adapters for routers do.
 */
declare function setRoute(route: string): void;

/**
 * The load of the page as the root span `Pageload`, from the moment the browser began it: its phases, the resources that
 * it brings, and all that has no other parent. Continues the trace that the server wrote into the page.
 */
declare function pageLoadIntegration(timeouts?: IdleTimeouts): Integration;

/** A Worker, ServiceWorker, MessagePort or whatever else takes messages. */
interface MessageTarget {
    postMessage(message: unknown, ...rest: never[]): void;
}
/**
 * Lets the worker continue the trace in which each message is posted to it: a short message goes ahead of those whose span is
 * another one than before. The worker must run `init` before it listens to messages itself, else it sees these ones, too.
 * Returns what undoes it.
 */
declare function propagateTo(worker: MessageTarget): Teardown;
/** In a worker: continues the traces of pages that call `propagateTo`. Does nothing in a page. */
declare function workerIntegration(): Integration;

/** The router of `createBrowserRouter` and its siblings of React Router 6.4 and later, as far as it is needed. */
interface ReactRouterLike {
    readonly state: ReactRouterState;
    subscribe(listener: (state: ReactRouterState) => void): () => void;
}
/** What a router of React Router shows of itself. */
interface ReactRouterState {
    readonly navigation: {
        readonly state: string;
    };
    readonly matches: readonly {
        readonly route: {
            readonly path?: string | undefined;
        };
    }[];
}
/** A router of Vue Router 4 and later, as far as it is needed. */
interface VueRouterLike {
    beforeEach(guard: (to: VueRouteLike, from: VueRouteLike) => void): () => void;
    afterEach(guard: (to: VueRouteLike, from: VueRouteLike, failure?: unknown) => void): () => void;
}
/** A resolved route of Vue Router. */
interface VueRouteLike {
    readonly path: string;
    readonly matched: readonly {
        readonly path: string;
    }[];
}
/** Names page load and navigations after the routes of React Router, and lets them begin with their loaders. Returns what undoes it. */
declare function traceReactRouter(router: ReactRouterLike): Teardown;
/** Names page load and navigations after the routes of Vue Router, and lets them begin with its guards. Returns what undoes it. */
declare function traceVueRouter(router: VueRouterLike): Teardown;

/**
 * LCP, INP, CLS, FCP and TTFB, each as an attribute of the page load while that goes on and as a span of its own below it.
 * FCP and TTFB are told at once; the others when the page is hidden or left, and again when they have changed by the next time.
 */
declare function webVitalsIntegration(): Integration;

/** Each request of XMLHttpRequest as a span, and trace headers for `tracePropagationTargets`. */
declare function xhrIntegration(options?: RequestOptions): Integration;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

export { close, fetchIntegration, flush, init, interactionsIntegration, longTasksIntegration, navigationIntegration, pageLoadIntegration, propagateTo, setRoute, traceReactRouter, traceVueRouter, webVitalsIntegration, workerIntegration, xhrIntegration };
export type { IdleTimeouts, InteractionsOptions, MessageTarget, NavigationOptions, ReactRouterLike, ReactRouterState, RequestOptions, VueRouteLike, VueRouterLike };

// @spanstream/browser: rollup.d.mts
/// <reference lib="esnext.disposable" />
import { ContextPluginOptions, ContextPlugin } from './shared.mjs';

/** The active span survives `await`, `for await` and `yield` in asynchronous functions of the application. Stands behind TypeScript's plugin. */
declare function spanstream(options?: ContextPluginOptions): ContextPlugin;

export { ContextPlugin, ContextPluginOptions, spanstream };

// @spanstream/browser: shared.d.mts
/// <reference lib="esnext.disposable" />
type Pattern = string | RegExp;
/** What of the application is prepared. */
interface ContextPluginOptions {
    /** Modules by their path: text that it contains, or a RegExp. Default: JavaScript, TypeScript and their kin (`.vue`, `.svelte`, `.astro`). */
    readonly include?: Pattern | readonly Pattern[];
    /** Left alone even so. Default: everything in `node_modules`. */
    readonly exclude?: Pattern | readonly Pattern[];
}
/** What plugins of rollup are given as `this`, as far as it is used. */
interface PluginContext {
    parse(code: string): unknown;
    resolve(source: string, importer: undefined, options: {
        readonly skipSelf: boolean;
    }): Promise<{
        readonly id: string;
    } | null>;
}
/** A plugin for rollup and all that take rollup's. */
interface ContextPlugin {
    readonly name: string;
    resolveId(this: PluginContext, source: string): Promise<{
        readonly id: string;
    } | null> | null;
    readonly transform: {
        readonly order: 'post';
        handler(this: PluginContext, code: string, id: string, options?: {
            readonly ssr?: boolean | undefined;
        }): {
            code: string;
            map: string;
        } | null;
    };
}

export type { ContextPlugin, ContextPluginOptions };

// @spanstream/browser: stream.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';
export { IdleTimeouts, InteractionsOptions, MessageTarget, NavigationOptions, ReactRouterLike, ReactRouterState, RequestOptions, VueRouteLike, VueRouterLike, close, fetchIntegration, flush, interactionsIntegration, longTasksIntegration, navigationIntegration, pageLoadIntegration, propagateTo, setRoute, traceReactRouter, traceVueRouter, webVitalsIntegration, workerIntegration, xhrIntegration } from './index.mjs';

/**
 * Starts the SDK in a page or a worker with traceLifecycle `stream` only, so that a bundle has nothing of the other.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

export { init };

// @spanstream/browser: vite.d.mts
/// <reference lib="esnext.disposable" />
import { ContextPluginOptions, ContextPlugin } from './shared.mjs';

/** The active span survives `await`, `for await` and `yield` in asynchronous functions of the application. */
declare function spanstream(options?: ContextPluginOptions): ContextPlugin & {
    readonly enforce: 'post';
};

export { ContextPlugin, ContextPluginOptions, spanstream };

// @spanstream/browser: zone.d.mts
/// <reference lib="esnext.disposable" />
