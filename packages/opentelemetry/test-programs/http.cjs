const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { trace, SpanStatusCode } = require('@opentelemetry/api');
const { close, listen, request, run } = require('./tracing.cjs');

void run(
  () => [new HttpInstrumentation({ headersToSpanAttributes: { server: { requestHeaders: ['x-shop'] } } })],
  async () => {
    const http = require('node:http');
    const tracer = trace.getTracer('program', '1.0.0');
    const server = http.createServer((incoming, response) => {
      if (incoming.url.startsWith('/fail')) {
        response.statusCode = 500;
        response.end('no');
        return;
      }
      tracer.startActiveSpan('handle', { attributes: { url: incoming.url, list: ['a', 'b'] } }, (span) => {
        span.addEvent('parsed', { bytes: 3 });
        setImmediate(() => {
          tracer.startSpan('later').end();
          if (incoming.url.startsWith('/throws')) {
            span.recordException(new RangeError('out'));
            span.setStatus({ code: SpanStatusCode.ERROR, message: 'out' });
          }
          span.end();
          response.end('ok');
        });
      });
    });
    const port = await listen(server);
    await tracer.startActiveSpan('client', async (span) => {
      await request(port, '/ok?a=1', { headers: { 'x-shop': 'berlin' } });
      await request(port, '/fail', { method: 'POST', body: 'text' });
      await request(port, '/throws');
      span.end();
    });
    await request(port, '/alone');
    await close(server);
    await request(port, '/refused').catch(() => undefined);
  },
);
