// @spanstream/node: edge.d.mts
/// <reference lib="esnext.disposable" />
import { Integration, Options, Client } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

/**
 * Names the route of the incoming request that this code runs for, e.g. `/users/:id`: its span becomes `GET /users/:id`.
 * For routers without an integration; may be called anywhere below the handler, and the last call wins.
 */
declare function setRoute(route: string): void;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

/** Gives each request of the global `fetch` trace headers and, where there is a parent, a span that ends with the response's body. */
declare function fetchIntegration(): Integration;

/**
 * Starts the SDK in a runtime of web standards: workerd, Vercel's edge runtime, Deno, Bun. May be called outside of requests. What the
 * options leave out comes from `SENTRY_DSN` and its siblings where the runtime has `process.env`.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** What runtimes pass to their handlers, or keep for the running invocation. */
interface InvocationContext {
    waitUntil?(promise: Promise<unknown>): void;
}

/** A `Request`, named by its shape so that these types need none of the runtime's. */
interface EdgeRequest {
    readonly method: string;
    readonly url: string;
    readonly headers: {
        get(name: string): string | null;
    };
}
/** A `Response`, likewise. */
interface EdgeResponse {
    readonly status: number;
    readonly body: unknown;
}
/**
 * Runs the handler of an incoming request in a span and an isolation scope of its own, in the trace that the request's headers
 * name. The span ends with the response's body. Behind it everything is sent, held by `waitUntil` where the runtime has one.
 *
 * `export default { fetch: (request, env, ctx) => traceRequest(request, () => handle(request), ctx) };`
 * @param context what the runtime passes to its handlers; found without it on Vercel, Next and Netlify
 */
declare function traceRequest<R extends EdgeResponse>(request: EdgeRequest, handler: () => R | Promise<R>, context?: InvocationContext): Promise<R>;

export { close, fetchIntegration, flush, init, setRoute, traceRequest };
export type { EdgeRequest, EdgeResponse, InvocationContext };

// @spanstream/node: esbuild.d.mts
/// <reference lib="esnext.disposable" />
interface LoadResult {
    readonly contents?: string;
    readonly loader?: 'js';
    readonly warnings?: {
        readonly text: string;
    }[];
}
/** A plugin of esbuild, as far as it is one here. */
interface LibraryPlugin {
    readonly name: string;
    setup(build: {
        onLoad(options: {
            filter: RegExp;
        }, load: (args: {
            path: string;
        }) => LoadResult | undefined): void;
    }): void;
}
/** Libraries in the bundle are traced, as they are unbundled. */
declare function spanstream(): LibraryPlugin;

export { spanstream };
export type { LibraryPlugin };

// @spanstream/node: esm-hooks.d.mts
/// <reference lib="esnext.disposable" />
import { MessagePort } from 'node:worker_threads';
import { InstrumentationConfig } from '@apm-js-collab/code-transformer';

/** What is known of a library before it is loaded: data alone, for the hooks that change it, for bundlers and for `doctor`. */
interface Library {
    /** The name of its integration. */
    readonly integration: string;
    /** The packages it is made of, and the versions of each that are traced. */
    readonly packages: Readonly<Record<string, string>>;
    /** The versions of its first package that publish channels of their own and need no change; absent: none. */
    readonly publishes?: string;
    /** What `import` loads of it is an ES module, which `init` alone reaches from Node 24.13 on. */
    readonly isEsModule?: true;
    /** Where channels are put into versions that publish none. */
    readonly hooks: readonly InstrumentationConfig[];
}

/** What the application's thread gives to this one. */
interface EsmHooksData {
    readonly libraries: readonly Library[];
    readonly port: MessagePort;
}
type Next = (url: string, context: unknown) => Promise<unknown>;
/** Node calls it in the thread of its module hooks: https://nodejs.org/api/module.html#initialize */
declare function initialize({ libraries, port }: EsmHooksData): void;
/** Node calls it with each ES module, and with CommonJS that one imports; the latter is changed in the application's thread. */
declare function load(url: string, context: unknown, next: Next): Promise<unknown>;

export { initialize, load };
export type { EsmHooksData };

// @spanstream/node: index.d.mts
/// <reference lib="esnext.disposable" />
import { Options, Client, Integration } from '@spanstream/core';
export { AttributeValue, Attributes, Carrier, Client, CompareReport, CreateTransport, Difference, DifferenceKind, DropReason, Integration, IntegrationClient, LegacyChildOptions, LegacySpan, LegacyStartSpanOptions, OpenSpan, Options, Outcome, SamplingContext, Sink, SinkReceipt, SinkStats, Span, SpanContext, SpanExplanation, SpanJSON, SpanLink, SpanStatus, StartSpanOptions, Stats, StatusWord, Teardown, TraceLifecycle, TracesSampler, TransactionOptions, Transport, TransportOptions, TransportRequest, TransportResponse, User, getClient, removeAttribute, setAttribute, setAttributes, setGlobalAttributes, setUser, startSpan, startTransaction, tracing, withIsolationScope } from '@spanstream/core';

/**
 * Names the route of the incoming request that this code runs for, e.g. `/users/:id`: its span becomes `GET /users/:id`.
 * For routers without an integration; may be called anywhere below the handler, and the last call wins.
 */
declare function setRoute(route: string): void;

/** Delivers or accounts for everything accepted so far; false when `timeoutMs` (default 2000) was not enough, or without a client. */
declare function flush(timeoutMs?: number): Promise<boolean>;
/** Flushes, then stops the SDK; later spans are inert. */
declare function close(timeoutMs?: number): Promise<boolean>;

/**
 * Lets libraries that are ES modules be traced too, on Node before 24.13, whose hooks for them have a thread of their own
 * (60 ms of CPU at the start). Must run before the application is loaded: `--import @spanstream/node/register` does, and so
 * does a file of your own that `--import` names. Does nothing where `init` alone is enough.
 */
declare function registerEsmHooks(): void;

/**
 * Wraps the handler of a serverless function, e.g. of AWS Lambda: each invocation has a trace and an isolation scope of its own, and all
 * that it recorded is on the way before the result is returned, since the process may be frozen right after.
 *
 * `export const handler = flushAfter(async (event) => { … });`
 * @param handler answers with a promise or a value; what it returns and throws is passed on
 * @param timeoutMs how long an invocation may be held up by a backend that does not answer. Default: 2000
 */
declare function flushAfter<A extends unknown[], R>(handler: (...args: A) => R, timeoutMs?: number): (...args: A) => Promise<Awaited<R>>;

/**
 * Starts the SDK on Node. What the options leave out comes from `SENTRY_DSN`, `SENTRY_RELEASE`, `SENTRY_ENVIRONMENT`,
 * `SENTRY_TRACES_SAMPLE_RATE` and `SENTRY_TRACE_LIFECYCLE`.
 * @throws Error naming the option and the value, when an option is wrong
 */
declare function init(options?: Options): Client;

/** Gives each request made with `node:http` or `node:https` trace headers and, where there is a parent, a span. */
declare function httpClientIntegration(): Integration;

/** What `ignoreIncomingRequests` is given: the `IncomingMessage`. Named by its shape, so that these types need none of Node's. */
interface IncomingRequest {
    readonly method?: string | undefined;
    readonly url?: string | undefined;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
/** Options of `httpServerIntegration`. */
interface HttpServerOptions {
    /** Requests for which true is returned, and all that happens inside them, are not recorded. A throw counts as false. Default: none. */
    ignoreIncomingRequests?(request: IncomingRequest): boolean;
}
/**
 * Gives each request to a `node:http` or `node:https` server a span and an isolation scope, in the trace that its headers
 * name, else in one of its own.
 */
declare function httpServerIntegration(options?: HttpServerOptions): Integration;

/**
 * Lets the trace go on in child processes, which find it in `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, and in worker threads that
 * were given `traceWorkerData`. Spans that have no other parent there belong to it. `spawnSync` and its siblings tell nobody.
 */
declare function processContextIntegration(): Integration;
/**
 * The data with the current trace beside its own members, for a worker thread to go on with:
 * `new Worker(file, { workerData: traceWorkerData({ … }) })`.
 */
declare function traceWorkerData<T extends object>(workerData: T): T;

/** Gives each request of `undici` and of the global `fetch` trace headers and, where there is a parent, a span. A redirect is a request of its own. */
declare function undiciIntegration(): Integration;

/**
 * Gives each message that is published, and each that a consumer is given, a span. A message takes its trace along in its
 * headers, so the consumer's span is in the trace of whoever published it; it ends with the promise that the consumer returns.
 */
declare function amqplibIntegration(): Integration;

/** Gives each question to a model of Anthropic a span until its answer has been read; what is asked and answered stays here. */
declare function anthropicIntegration(): Integration;

/** Gives each statement that `better-sqlite3` runs a span, that of `iterate` until its rows have been read. */
declare function betterSqlite3Integration(): Integration;

/**
 * Gives each call that adds jobs, and each job that is worked on, a span. A job takes its trace along where BullMQ keeps what
 * telemetry says of it, so the worker's span is in the trace of whoever added it.
 */
declare function bullmqIntegration(): Integration;

/** Gives the middleware and handlers of Express a span each, and the request's span the name of its route. */
declare function expressIntegration(): Integration;

/** Gives each handler of Fastify a span until its response is there, and the request's span the name of its route. */
declare function fastifyIntegration(): Integration;

/** Gives parsing, validating and executing a GraphQL document a span each; the document stays here, as it holds values. */
declare function graphqlIntegration(): Integration;

/** Gives the middleware and routes of an h3 application with `tracingPlugin` a span each, and the request's span the name of its route. */
declare function h3Integration(): Integration;

/**
 * Gives the middleware and handlers of Hono a span each, around all that they wait for, and the request's span the name of
 * its route.
 */
declare function honoIntegration(): Integration;

/** Gives each command of `ioredis` a span: as a cache where it is used as one, else as a database. */
declare function ioredisIntegration(): Integration;

/**
 * Gives each call that sends messages, and each message or batch that a consumer is given, a span. A message takes its trace
 * along in its headers: the span of `eachMessage` is in the trace of whoever sent it, that of `eachBatch` has links to those
 * who sent its messages. A message that has such headers already is left alone.
 */
declare function kafkajsIntegration(): Integration;

/**
 * Gives the named middleware and the handlers of Koa a span each, around all that they wait for, and the request's span the
 * name of its route.
 */
declare function koaIntegration(): Integration;

/** Gives each command to MongoDB a span, each round of a cursor one of its own; documents and filters stay here. */
declare function mongodbIntegration(): Integration;

/** Gives each query of `mysql2` a span. */
declare function mysql2Integration(): Integration;

/**
 * Gives each statement that `node:sqlite` runs a span, that of `iterate` until its rows have been read. Does nothing where Node
 * has no such module (before 22.13), and until the program loads it.
 */
declare function nodeSqliteIntegration(): Integration;

/** Gives each question to a model of OpenAI a span until its answer has been read; what is asked and answered stays here. */
declare function openAiIntegration(): Integration;

/** Gives each query of `pg` a span, those of cursors and streams until the server is done with them. */
declare function pgIntegration(): Integration;

/** Gives each command of `redis` a span: as a cache where it is used as one, else as a database. */
declare function redisIntegration(): Integration;

export { amqplibIntegration, anthropicIntegration, betterSqlite3Integration, bullmqIntegration, close, expressIntegration, fastifyIntegration, flush, flushAfter, graphqlIntegration, h3Integration, honoIntegration, httpClientIntegration, httpServerIntegration, init, ioredisIntegration, kafkajsIntegration, koaIntegration, mongodbIntegration, mysql2Integration, nodeSqliteIntegration, openAiIntegration, pgIntegration, processContextIntegration, redisIntegration, registerEsmHooks, setRoute, traceWorkerData, undiciIntegration };
export type { HttpServerOptions, IncomingRequest };

// @spanstream/node: libraries.d.mts
/// <reference lib="esnext.disposable" />
import { InstrumentationConfig } from '@apm-js-collab/code-transformer';

/** What is known of a library before it is loaded: data alone, for the hooks that change it, for bundlers and for `doctor`. */
interface Library {
    /** The name of its integration. */
    readonly integration: string;
    /** The packages it is made of, and the versions of each that are traced. */
    readonly packages: Readonly<Record<string, string>>;
    /** The versions of its first package that publish channels of their own and need no change; absent: none. */
    readonly publishes?: string;
    /** What `import` loads of it is an ES module, which `init` alone reaches from Node 24.13 on. */
    readonly isEsModule?: true;
    /** Where channels are put into versions that publish none. */
    readonly hooks: readonly InstrumentationConfig[];
}

/** What is known of each library that is traced. */
declare const libraries: readonly Library[];

export { libraries };
export type { Library };

// @spanstream/node: register.d.mts
/// <reference lib="esnext.disposable" />

// @spanstream/node: rollup.d.mts
/// <reference lib="esnext.disposable" />
/** A plugin of rollup, as far as it is one here. */
interface LibraryPlugin {
    readonly name: string;
    transform(this: {
        warn(message: string): void;
    }, code: string, id: string): {
        code: string;
        map: string | undefined;
    } | null;
}
/** Libraries in the bundle are traced, as they are unbundled. Stands before `@rollup/plugin-commonjs`. */
declare function spanstream(): LibraryPlugin;

export { spanstream };
export type { LibraryPlugin };

// @spanstream/node: vite.d.mts
/// <reference lib="esnext.disposable" />
/** A plugin of rollup, as far as it is one here. */
interface LibraryPlugin {
    readonly name: string;
    transform(this: {
        warn(message: string): void;
    }, code: string, id: string): {
        code: string;
        map: string | undefined;
    } | null;
}

/** Libraries that Vite puts into a server’s bundle are traced; those that stay outside are hooked when the server loads them. */
declare function spanstream(): LibraryPlugin & {
    readonly enforce: 'pre';
};

export { spanstream };
export type { LibraryPlugin };
