import { once } from 'node:events';
import { createServer } from 'node:http';
import { H3, HTTPError } from 'h3';
import { toNodeHandler } from 'h3/node';
import { tracingPlugin } from 'h3/tracing';
import { expectSame, here } from '../conform.mjs';

export const scenario = {
  integration: 'H3',
  async start(context) {
    const app = new H3({ silent: true });
    app.register(tracingPlugin());
    app.use(() => new Promise((resolve) => setTimeout(resolve, 20)));
    app.get('/users/:id', async (event) => {
      await context.tracing.startSpan({ name: 'in the handler' }, () => undefined);
      return { id: event.context.params.id, where: here(context) };
    });
    app.get('/broken', () => {
      throw new HTTPError({ status: 500, message: 'secret' });
    });
    const server = createServer(toNodeHandler(app)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${server.address().port}` };
  },
  async work({ url }, { tracing }) {
    const ask = (path) => tracing.runDetached(() => fetch(url + path, { headers: { connection: 'close' } }));
    expectSame((await (await ask('/users/secret7')).json()).id, 'secret7', 'the answer');
    expectSame((await ask('/broken')).status, 500, 'the status');
    expectSame((await ask('/nowhere')).status, 404, 'the status');
  },
  stop: ({ server }) => new Promise((resolve) => server.close(resolve)),
  tree: [
    'parent',
    'GET /users/:id [http.server]',
    '  middleware [middleware]',
    '  /users/:id [handler]',
    '    in the handler',
    'GET /broken [http.server] error',
    '  middleware [middleware]',
    '  /broken [handler] error',
    'GET [http.server]',
    '  middleware [middleware]',
  ],
  attributes: {
    'GET /users/:id': { 'http.route': '/users/:id', 'sentry.segment.name.source': 'route' },
    '/users/:id': { 'sentry.origin': 'auto.http.h3' },
    '/broken': { 'error.type': 'HTTPError' },
  },
  lastsMs: { middleware: 19 },
  isAllowed: (span) => span.attributes['sentry.op']?.value === 'http.server',
};
