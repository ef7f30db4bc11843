const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { trace } = require('@opentelemetry/api');
const { close, listen, run } = require('./tracing.cjs');

void run(
  () => [new UndiciInstrumentation()],
  async () => {
    const http = require('node:http');
    const undici = require('undici');
    const seen = [];
    const server = http.createServer((incoming, response) => {
      seen.push(incoming.headers.traceparent);
      response.statusCode = incoming.url === '/missing' ? 404 : 200;
      response.end('ok');
    });
    const port = await listen(server);
    const dispatcher = new undici.Agent({ pipelining: 0 });
    await trace.getTracer('program').startActiveSpan('client', async (span) => {
      await (await fetch(`http://127.0.0.1:${port}/fetched?q=1`, { headers: { connection: 'close' } })).text();
      await (await undici.request(`http://127.0.0.1:${port}/missing`, { dispatcher, method: 'POST', body: 'x' })).body.text();
      span.setAttribute(
        'propagated',
        seen.every((header) => header?.includes(span.spanContext().traceId)),
      );
      span.end();
    });
    await (await undici.request(`http://127.0.0.1:${port}/alone`, { dispatcher })).body.text();
    await dispatcher.close();
    server.closeAllConnections();
    await close(server);
    await fetch(`http://127.0.0.1:${port}/refused`).catch(() => undefined);
  },
);
