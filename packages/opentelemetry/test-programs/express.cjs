const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
const { trace } = require('@opentelemetry/api');
const { close, listen, request, run } = require('./tracing.cjs');

void run(
  () => [new HttpInstrumentation(), new ExpressInstrumentation()],
  async () => {
    const http = require('node:http');
    const express = require('express');
    const app = express();
    const tracer = trace.getTracer('program');
    app.use(express.json());
    app.use(function identify(_request, _response, next) {
      setImmediate(() => next());
    });
    const router = express.Router();
    router.get('/users/:id', async (incoming, response) => {
      await tracer.startActiveSpan('load user', async (span) => {
        span.setAttribute('id', incoming.params.id);
        await Promise.resolve();
        span.end();
      });
      response.json({ id: incoming.params.id });
    });
    router.get('/broken', () => {
      throw new Error('broken');
    });
    app.use('/api', router);
    app.use((_error, _request, response, _next) => response.status(500).end('failed'));
    const server = http.createServer(app);
    const port = await listen(server);
    await request(port, '/api/users/7');
    await request(port, '/api/broken');
    await request(port, '/nowhere');
    await close(server);
  },
);
