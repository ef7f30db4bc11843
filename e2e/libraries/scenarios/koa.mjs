import { once } from 'node:events';
import Router from '@koa/router';
import Koa from 'koa';
import { expectSame, here } from '../conform.mjs';

export const scenario = {
  integration: 'Koa',
  async start(context) {
    const app = new Koa();
    app.silent = true;
    app.use(async function authenticate(_ctx, next) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await next();
    });
    const router = new Router({ prefix: '/api' });
    router.get('/users/:id', async (ctx) => {
      await context.tracing.startSpan({ name: 'in the handler' }, () => undefined);
      ctx.body = { id: ctx.params.id, where: here(context) };
    });
    router.get('/broken', async () => {
      throw new TypeError('secret');
    });
    app.use(router.routes());
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${server.address().port}` };
  },
  async work({ url }, { tracing }) {
    const ask = (path) => tracing.runDetached(() => fetch(url + path, { headers: { connection: 'close' } }));
    expectSame((await (await ask('/api/users/secret7')).json()).id, 'secret7', 'the answer');
    expectSame((await ask('/api/broken')).status, 500, 'the status');
    expectSame((await ask('/nowhere')).status, 404, 'the status');
  },
  stop: ({ server }) => new Promise((resolve) => server.close(resolve)),
  tree: [
    'parent',
    'GET /api/users/:id [http.server]',
    '  authenticate [middleware]',
    '    /api/users/:id [handler]',
    '      in the handler',
    'GET /api/broken [http.server] error',
    '  authenticate [middleware] error',
    '    /api/broken [handler] error',
    'GET [http.server]',
    '  authenticate [middleware]',
  ],
  attributes: {
    'GET /api/users/:id': { 'http.route': '/api/users/:id', 'sentry.segment.name.source': 'route' },
    authenticate: { 'middleware.name': 'authenticate', 'sentry.origin': 'auto.http.koa' },
    '/api/broken': { 'error.type': 'TypeError' },
  },
  lastsMs: { authenticate: 19 },
  isAllowed: (span) => span.attributes['sentry.op']?.value === 'http.server',
};
