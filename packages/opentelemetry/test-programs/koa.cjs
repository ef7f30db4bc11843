const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa');
const { trace } = require('@opentelemetry/api');
const { close, listen, request, run } = require('./tracing.cjs');

void run(
  () => [new HttpInstrumentation(), new KoaInstrumentation()],
  async () => {
    const http = require('node:http');
    const Koa = require('koa');
    const Router = require('@koa/router');
    const app = new Koa({ silent: true });
    app.silent = true;
    const router = new (Router.default ?? Router)();
    router.get('/users/:id', async (ctx) => {
      await trace.getTracer('program').startActiveSpan('load user', async (span) => {
        await Promise.resolve();
        span.end();
      });
      ctx.body = 'ok';
    });
    router.get('/broken', () => {
      throw new Error('broken');
    });
    app.use(async function measure(_ctx, next) {
      await next();
      trace.getTracer('program').startSpan('after').end();
    });
    app.use(router.routes());
    const server = http.createServer(app.callback());
    const port = await listen(server);
    await request(port, '/users/7');
    await request(port, '/broken');
    await request(port, '/nowhere');
    await close(server);
  },
);
