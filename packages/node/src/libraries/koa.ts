import type { Integration } from '@spanstream/core';
import { hookChannel, type Library } from '../instrument/library.ts';
import { onStart } from '../instrument/on-start.ts';
import { joinRoute, noteRoute } from '../instrument/route.ts';
import { FunctionWraps } from '../instrument/wrap-functions.ts';

/** What the router writes into Koa's context. */
interface KoaContext {
  readonly _matchedRoute?: unknown;
}

const ROUTER = '@koa/router';

/** Koa, whose middleware all goes through one function, and its router. */
export const koa: Library = {
  integration: 'Koa',
  packages: { 'koa-compose': '>=3.0.0 <5', koa: '>=2.0.0 <4', [ROUTER]: '>=10.0.0 <16' },
  hooks: [
    {
      channelName: 'compose',
      module: { name: 'koa-compose', versionRange: '>=3.0.0 <5', filePath: 'index.js' },
      functionQuery: { functionName: 'compose', kind: 'Sync' },
    },
    ...['dist/index.js', 'dist/index.mjs'].map((filePath) => ({
      channelName: 'layer',
      module: { name: ROUTER, versionRange: '>=15.0.0 <16', filePath },
      functionQuery: { className: 'Layer' },
    })),
  ],
};

/**
 * Gives the named middleware and the handlers of Koa a span each, around all that they wait for, and the request's span the
 * name of its route.
 */
export function koaIntegration(): Integration {
  return {
    name: koa.integration,
    setup(client) {
      const { current } = client;
      const handlers = new WeakSet<object>();
      const wraps = new FunctionWraps(current, 'koa', (original, [context]) => {
        const matched = (context as KoaContext | undefined)?._matchedRoute;
        const route = matched === undefined ? undefined : joinRoute('', matched);
        if (route !== undefined) noteRoute(current, route);
        if (route !== undefined && handlers.has(original)) return { name: route, route };
        // What has no name is mostly the router's own.
        return original.name === '' || 'router' in original ? undefined : { name: original.name };
      });
      const teardowns = [
        onStart(client, hookChannel('koa-compose', 'compose'), ({ arguments: args }) => {
          if (Array.isArray(args[0])) args[0] = withWrappers(args[0], wraps);
        }),
        onStart(client, hookChannel(ROUTER, 'layer'), ({ arguments: [, methods, middleware] }) => {
          const isRoute = Array.isArray(methods) && methods.length > 0;
          for (const handler of [middleware].flat()) if (isRoute && typeof handler === 'function') handlers.add(handler);
        }),
        () => wraps.stop(),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

/** The same array, so that what is added to it later runs too: until 4.1 koa-compose reads it with each request. */
function withWrappers(given: unknown, wraps: FunctionWraps): unknown {
  if (!Array.isArray(given)) return wraps.wrap(given);
  return new Proxy(given, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof key === 'string' && /^\d+$/.test(key) ? withWrappers(value, wraps) : value;
    },
  });
}
