import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Integration, IntegrationClient, Teardown } from '@spanstream/core';
import { eventChannel } from '../instrument/event-channel.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { RequestLayers } from '../instrument/request-layers.ts';
import { joinRoute, noteRoute } from '../instrument/route.ts';
import type { CallMessage } from '../instrument/trace-channel.ts';
import { contextManager } from '../platform.ts';

type Request = IncomingMessage & { readonly baseUrl?: string; readonly route?: { readonly path?: unknown } };

/** An entry of a router's stack. Those of a route have a method, `undefined` for `all`. */
interface Layer {
  readonly name?: string;
  readonly handle: ((...args: unknown[]) => unknown) & { readonly stack?: unknown };
  readonly route?: unknown;
  readonly method?: unknown;
}

/** https://github.com/pillarjs/router#diagnostics */
interface RouterMessage {
  readonly req: Request;
  readonly res: ServerResponse;
  readonly layer: Layer;
  readonly handler: Layer['handle'];
  readonly param?: string;
  readonly route?: unknown;
  readonly error?: unknown;
  readonly errorHandler?: boolean;
}

/** A layer about to run. */
interface Step {
  readonly request: Request;
  readonly response: ServerResponse;
  readonly layer: Layer;
  readonly pattern: unknown;
}

const ROUTER_CHANNEL = 'express.router.request';
const EXPRESS_4 = '>=4.0.0 <5';
/** Later ones publish a channel of their own. */
const ROUTER = '>=2.0.0 <2.3.0';
/** What Express itself puts before the application's own; bundlers add a number to names that they have twice. */
const INTERNAL = /^(?:query|expressInit)\d*$/;

/** Express 4, and 5 with its router. */
export const express: Library = {
  integration: 'Express',
  packages: { express: '>=4.0.0 <6', router: '>=2.0.0 <3' },
  hooks: [
    ...hooksOf({ name: 'express', versionRange: EXPRESS_4, filePath: 'lib/router/layer.js' }, 'handle_request'),
    ...hooksOf({ name: 'router', versionRange: ROUTER, filePath: 'lib/layer.js' }, 'handleRequest'),
  ],
};

function hooksOf(module: Library['hooks'][number]['module'], method: string): Library['hooks'][number][] {
  return [
    { channelName: 'handle', module, functionQuery: { expressionName: method, kind: 'Sync' } },
    // What a layer was registered with is nowhere else to be had.
    { channelName: 'layer', module, functionQuery: { functionName: 'Layer', kind: 'Sync' } },
  ];
}

/** Gives the middleware and handlers of Express a span each, and the request's span the name of its route. */
export function expressIntegration(): Integration {
  return {
    name: express.integration,
    setup(client) {
      const tracing = new ExpressTracing(client);
      const teardowns = [
        subscribeRouter(client, tracing),
        ...['express', 'router'].flatMap((name) => [subscribeLayers(name, tracing), subscribeHandlers(client, name, tracing)]),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

class ExpressTracing {
  readonly layers: RequestLayers;
  /** What layers were registered with, where they do not say so themselves. */
  readonly patterns = new WeakMap<object, unknown>();
  readonly #client: IntegrationClient;
  /** The patterns that routers are mounted at, by the paths that they matched. */
  readonly #mounts = new WeakMap<object, Map<string, string>>();

  constructor(client: IntegrationClient) {
    this.#client = client;
    this.layers = new RequestLayers(client.current, 'express');
  }

  /** The context for a layer's function. */
  enter({ request, response, layer, pattern }: Step): Context {
    const { current } = this.#client;
    const { handle } = layer;
    const name = handle.name || layer.name || '<anonymous>';
    const mounts = this.#mounts.get(request) ?? new Map<string, string>();
    const prefix = mounts.get(request.baseUrl ?? '') ?? request.baseUrl ?? '';
    if ('method' in layer) {
      const route = joinRoute(prefix, pattern);
      noteRoute(current, route);
      return this.layers.enter(response, { name: route, route });
    }
    if (handle.stack === undefined && name !== 'mounted_app')
      return INTERNAL.test(name) ? current.tracer.context : this.layers.enter(response, { name });
    this.layers.leave(response);
    this.#mounts.set(request, mounts.set(request.baseUrl ?? '', this.#mountedAt(mounts, request, pattern)));
    return current.tracer.context;
  }

  /** `baseUrl` already has the part that this router matched. */
  #mountedAt(mounts: ReadonlyMap<string, string>, { baseUrl = '' }: Request, pattern: unknown): string {
    let outer = '';
    for (const path of mounts.keys()) if (path !== baseUrl && baseUrl.startsWith(path) && path.length > outer.length) outer = path;
    return pattern === undefined ? baseUrl : joinRoute(mounts.get(outer) ?? '', pattern).replace(/\/$/, '');
  }
}

/** What the router publishes itself. */
function subscribeRouter({ current }: IntegrationClient, tracing: ExpressTracing): Teardown {
  const failed = eventChannel(ROUTER_CHANNEL, 'error');
  const unbind = contextManager.bind(eventChannel(ROUTER_CHANNEL, 'start'), (message) => {
    try {
      const { req, res, layer, route, param, errorHandler } = message as RouterMessage;
      if (param !== undefined || errorHandler === true) return undefined;
      return tracing.enter({ request: req, response: res, layer, pattern: route });
    } catch (error) {
      current.fault(express.integration, error);
      return undefined;
    }
  });
  const onFailed = (message: unknown): void => {
    const { res, error, errorHandler } = message as RouterMessage;
    if (errorHandler !== true) tracing.layers.fail(res, error);
  };
  failed.subscribe(onFailed);
  return () => {
    failed.unsubscribe(onFailed);
    unbind();
  };
}

function subscribeLayers(packageName: string, { patterns }: ExpressTracing): Teardown {
  const channel = eventChannel(hookChannel(packageName, 'layer'), 'end');
  const onLayer = (message: unknown): void => {
    const { self, arguments: args } = message as CallMessage;
    if (typeof self === 'object' && self !== null) patterns.set(self, args[0]);
  };
  channel.subscribe(onLayer);
  return () => {
    channel.unsubscribe(onLayer);
  };
}

function subscribeHandlers({ current }: IntegrationClient, packageName: string, tracing: ExpressTracing): Teardown {
  return contextManager.bind(eventChannel(hookChannel(packageName, 'handle'), 'start'), (message) => {
    try {
      const { self, arguments: args } = message as CallMessage;
      const layer = self as Layer;
      if (layer.route !== undefined || layer.handle.length > 3) return undefined;
      const [request, response, next] = args as [Request, ServerResponse, (error?: unknown) => void];
      args[2] = (error?: unknown): void => {
        if (error && error !== 'route' && error !== 'router') tracing.layers.fail(response, error);
        next(error);
      };
      const pattern = 'method' in layer ? request.route?.path : tracing.patterns.get(layer);
      return tracing.enter({ request, response, layer, pattern });
    } catch (error) {
      current.fault(express.integration, error);
      return undefined;
    }
  });
}
