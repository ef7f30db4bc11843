import { once } from 'node:events';
import { expectSame, here } from '../conform.mjs';

/** Express 4 and 5 differ in what is hooked, and in nothing that is seen. */
export function expressScenario(express) {
  return {
    integration: 'Express',
    async start(context) {
      const app = express();
      app.use(async function authenticate(_request, _response, next) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        next();
      });
      app.get('/users/:id', async (request, response) => {
        await context.tracing.startSpan({ name: 'in the handler' }, () => undefined);
        response.json({ id: request.params.id, where: here(context) });
      });
      const shop = express.Router({ mergeParams: true });
      const orders = express.Router();
      orders.get('/:order', (request, response) => response.json(request.params));
      orders.get('/', (_request, response) => response.json([]));
      shop.use('/orders', orders);
      shop.get('/broken', function broken() {
        throw new TypeError('secret');
      });
      app.use('/shops/:shop', shop);
      app.use((_error, _request, response, _next) => response.status(500).end('failed'));
      const server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { server, url: `http://127.0.0.1:${server.address().port}` };
    },
    async work({ url }, { tracing }) {
      const headers = { connection: 'close' };
      const ask = (path) => tracing.runDetached(() => fetch(url + path, { headers }));
      expectSame((await (await ask('/users/secret7?q=secret')).json()).id, 'secret7', 'the answer');
      expectSame((await ask('/shops/secret1/orders/secret2')).status, 200, 'the status');
      expectSame((await ask('/shops/secret1/orders/')).status, 200, 'the status');
      expectSame((await ask('/shops/secret1/broken')).status, 500, 'the status');
      expectSame((await ask('/nowhere')).status, 404, 'the status');
    },
    stop: ({ server }) => new Promise((resolve) => server.close(resolve)),
    tree: [
      'parent',
      'GET /users/:id [http.server]',
      '  authenticate [middleware]',
      '  /users/:id [handler]',
      '    in the handler',
      'GET /shops/:shop/orders/:order [http.server]',
      '  authenticate [middleware]',
      '  /shops/:shop/orders/:order [handler]',
      'GET /shops/:shop/orders [http.server]',
      '  authenticate [middleware]',
      '  /shops/:shop/orders [handler]',
      'GET /shops/:shop/broken [http.server] error',
      '  authenticate [middleware]',
      '  /shops/:shop/broken [handler] error',
      'GET [http.server]',
      '  authenticate [middleware]',
    ],
    attributes: {
      'GET /users/:id': { 'http.route': '/users/:id', 'sentry.segment.name.source': 'route' },
      '/users/:id': { 'sentry.origin': 'auto.http.express', 'http.route': '/users/:id' },
      authenticate: { 'middleware.name': 'authenticate' },
      '/shops/:shop/broken': { 'error.type': 'TypeError' },
    },
    lastsMs: { authenticate: 19 },
    /** Paths are in the request's own span, as they are without Express. */
    isAllowed: (span) => span.attributes['sentry.op']?.value === 'http.server',
  };
}
