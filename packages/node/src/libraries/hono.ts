import type { Integration } from '@spanstream/core';
import { hookChannel, type Library } from '../instrument/library.ts';
import { onStart } from '../instrument/on-start.ts';
import { FunctionWraps } from '../instrument/wrap-functions.ts';

interface HonoContext {
  readonly req: { readonly matchedRoutes?: readonly { readonly path: string }[]; readonly routeIndex?: number };
}

/** Hono, in front of any server. */
export const hono: Library = {
  integration: 'Hono',
  isEsModule: true,
  packages: { hono: '>=4.0.0 <5' },
  hooks: ['dist/hono-base.js', 'dist/cjs/hono-base.js'].map((filePath) => ({
    channelName: 'addRoute',
    module: { name: 'hono', versionRange: '>=4.0.0 <5', filePath },
    functionQuery: { className: 'Hono', privateMethodName: 'addRoute', kind: 'Sync' as const },
  })),
};

/**
 * Gives the middleware and handlers of Hono a span each, around all that they wait for, and the request's span the name of
 * its route.
 */
export function honoIntegration(): Integration {
  return {
    name: hono.integration,
    setup(client) {
      const { current } = client;
      const handlers = new WeakSet<object>();
      const wraps = new FunctionWraps(current, 'hono', (original, [context]) => {
        const { req } = context as HonoContext;
        const path = req.matchedRoutes?.[req.routeIndex ?? 0]?.path ?? '';
        return handlers.has(original) ? { name: path, route: path } : { name: original.name || path };
      });
      const teardowns = [
        onStart(client, hookChannel('hono', 'addRoute'), ({ arguments: args }) => {
          const [method, , handler] = args;
          // `use` registers for all methods, and what it registers takes `next`.
          if (typeof handler === 'function' && (method !== 'ALL' || handler.length < 2)) handlers.add(handler);
          args[2] = wraps.wrap(handler);
        }),
        () => wraps.stop(),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}
