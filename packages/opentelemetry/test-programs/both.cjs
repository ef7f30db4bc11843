/** Instrumentation of spanstream's own and of OpenTelemetry for the same libraries. */
const { openTelemetryIntegration } = require('@spanstream/opentelemetry');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
const { trace } = require('@opentelemetry/api');
const { close, listen, request, run } = require('./tracing.cjs');

const withOwn = [openTelemetryIntegration()];
const withTheirs = (defaults) => [
  ...defaults.filter(({ name }) => !['HttpServer', 'HttpClient', 'Undici', 'Express'].includes(name)),
  openTelemetryIntegration(),
];

void run(
  () => [
    new HttpInstrumentation({ requestHook: (span) => void span.setAttribute('hooked', true) }),
    new UndiciInstrumentation(),
    new ExpressInstrumentation(),
  ],
  async () => {
    const http = require('node:http');
    const express = require('express');
    const app = express();
    app.get('/users/:id', async (incoming, response) => {
      trace.getTracer('program').startSpan('load user').end();
      response.json(incoming.headers);
    });
    const server = http.createServer(app);
    const port = await listen(server);
    await trace.getTracer('program').startActiveSpan('client', async (span) => {
      const { body } = await request(port, '/users/7');
      const fetched = await (await fetch(`http://127.0.0.1:${port}/users/8`, { headers: { connection: 'close' } })).json();
      span.setAttributes({ requested: JSON.parse(body).traceparent, fetched: fetched.traceparent });
      span.end();
    });
    server.closeAllConnections();
    await close(server);
  },
  process.env.WINS === 'theirs' ? withTheirs : withOwn,
);
