const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { FastifyOtelInstrumentation } = require('@fastify/otel');
const { trace } = require('@opentelemetry/api');
const { request, run } = require('./tracing.cjs');

const fastifyOtel = new FastifyOtelInstrumentation();

void run(
  () => [new HttpInstrumentation(), fastifyOtel],
  async () => {
    const app = require('fastify')({ forceCloseConnections: true });
    await app.register(fastifyOtel.plugin());
    app.addHook('preHandler', async function identify() {
      await Promise.resolve();
    });
    app.get('/users/:id', async function loadUser(incoming) {
      return trace.getTracer('program').startActiveSpan('load user', async (span) => {
        await Promise.resolve();
        span.end();
        return { id: incoming.params.id };
      });
    });
    app.get('/broken', async function fail() {
      throw new Error('broken');
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address();
    await request(port, '/users/7');
    await request(port, '/broken');
    await request(port, '/nowhere');
    await app.close();
  },
);
