import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { expectSame, here } from '../conform.mjs';

export const scenario = {
  integration: 'Hono',
  async start(context) {
    const app = new Hono();
    app.use(async function authenticate(_c, next) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await next();
    });
    app.get('/users/:id', async (c) => {
      await context.tracing.startSpan({ name: 'in the handler' }, () => undefined);
      return c.json({ id: c.req.param('id'), where: here(context) });
    });
    const shop = new Hono();
    shop.get('/broken', () => {
      throw new TypeError('secret');
    });
    app.route('/shops/:shop', shop);
    app.onError((_error, c) => c.text('failed', 500));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${server.address().port}` };
  },
  async work({ url }, { tracing }) {
    const ask = (path) => tracing.runDetached(() => fetch(url + path, { headers: { connection: 'close' } }));
    expectSame((await (await ask('/users/secret7')).json()).id, 'secret7', 'the answer');
    expectSame((await ask('/shops/secret1/broken')).status, 500, 'the status');
    expectSame((await ask('/nowhere')).status, 404, 'the status');
  },
  stop: ({ server }) => new Promise((resolve) => server.close(resolve)),
  tree: [
    'parent',
    'GET /users/:id [http.server]',
    '  authenticate [middleware]',
    '    /users/:id [handler]',
    '      in the handler',
    'GET /shops/:shop/broken [http.server] error',
    '  authenticate [middleware]',
    '    /shops/:shop/broken [handler] error',
    'GET [http.server]',
    '  authenticate [middleware]',
  ],
  attributes: {
    'GET /users/:id': { 'http.route': '/users/:id', 'sentry.segment.name.source': 'route' },
    authenticate: { 'middleware.name': 'authenticate', 'sentry.origin': 'auto.http.hono' },
    '/shops/:shop/broken': { 'error.type': 'TypeError' },
  },
  lastsMs: { authenticate: 19 },
  isAllowed: (span) => span.attributes['sentry.op']?.value === 'http.server',
};
