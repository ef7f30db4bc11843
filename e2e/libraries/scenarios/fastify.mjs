import fastify from 'fastify';
import { expectSame, here } from '../conform.mjs';

export const scenario = {
  integration: 'Fastify',
  async start(context) {
    const app = fastify({ forceCloseConnections: true });
    app.addHook('preHandler', async () => {});
    app.get('/users/:id', async (request) => {
      await context.tracing.startSpan({ name: 'in the handler' }, () => new Promise((resolve) => setTimeout(resolve, 20)));
      return { id: request.params.id, where: here(context) };
    });
    app.get('/late', (_request, reply) => void setTimeout(() => reply.send('late'), 30));
    app.get('/broken', async () => {
      throw new TypeError('secret');
    });
    return { app, url: await app.listen({ port: 0, host: '127.0.0.1' }) };
  },
  async work({ url }, { tracing }) {
    const ask = (path) => tracing.runDetached(() => fetch(url + path, { headers: { connection: 'close' } }));
    expectSame((await (await ask('/users/secret7')).json()).id, 'secret7', 'the answer');
    expectSame(await (await ask('/late')).text(), 'late', 'the answer');
    expectSame((await ask('/broken')).status, 500, 'the status');
    expectSame((await ask('/nowhere')).status, 404, 'the status');
  },
  stop: ({ app }) => app.close(),
  tree: [
    'parent',
    'GET /users/:id [http.server]',
    '  /users/:id [handler]',
    '    in the handler',
    'GET /late [http.server]',
    '  /late [handler]',
    'GET /broken [http.server] error',
    '  /broken [handler] error',
    'GET [http.server]',
  ],
  attributes: {
    'GET /users/:id': { 'http.route': '/users/:id', 'sentry.segment.name.source': 'route' },
    '/users/:id': { 'sentry.origin': 'auto.http.fastify' },
    '/broken': { 'error.type': 'TypeError' },
  },
  lastsMs: { '/late': 29, '/users/:id': 19 },
  isAllowed: (span) => span.attributes['sentry.op']?.value === 'http.server',
};
