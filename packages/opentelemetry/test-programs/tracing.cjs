/** Starts OpenTelemetry's own SDK or spanstream behind `@opentelemetry/api`, as the environment says, with the same instrumentation. */
const { registerInstrumentations } = require('@opentelemetry/instrumentation');

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

function startPeer() {
  const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
  const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  return async () => {
    await provider.forceFlush();
    return exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      kind: KINDS[span.kind],
      scope: span.instrumentationScope.name,
      version: span.instrumentationScope.version,
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parentSpanId: span.parentSpanContext?.spanId,
      startMs: span.startTime[0] * 1000 + span.startTime[1] / 1e6,
      status: span.status.code === 2 ? 'error' : 'ok',
      message: span.status.message,
      attributes: span.attributes,
      links: span.links.map((link) => link.context.spanId),
      events: span.events.map(({ name, attributes }) => ({ name, attributes })),
    }));
  };
}

/** What spanstream adds of its own accord; the host's name is on top-level spans where OpenTelemetry has said nothing else. */
const ADDED = /^(sentry|spanstream|os|process\.runtime|otel\.scope)\./;

function ownAttributes({ attributes }) {
  const host = require('node:os').hostname();
  return Object.fromEntries(
    Object.entries(attributes).filter(([key, value]) => !ADDED.test(key) && !(key === 'server.address' && value === host)),
  );
}

function startOurs(integrations) {
  const { close, init } = require('@spanstream/node');
  const { openTelemetryIntegration } = require('@spanstream/opentelemetry');
  const sent = [];
  init({
    traceLifecycle: process.env.LIFECYCLE ?? 'stream',
    tracesSampleRate: 1,
    sinks: [{ name: 'program', send: (spans) => void sent.push(...spans) }],
    integrations: integrations ?? (() => [openTelemetryIntegration()]),
  });
  return async () => {
    await close();
    const isEvent = (span) => span.attributes['sentry.op'] === 'event';
    return sent
      .filter((span) => !isEvent(span))
      .map((span) => ({
        name: span.name,
        kind: span.attributes['sentry.kind'] ?? 'internal',
        scope: span.attributes['otel.scope.name'],
        version: span.attributes['otel.scope.version'],
        traceId: span.trace_id,
        spanId: span.span_id,
        parentSpanId: span.parent_span_id,
        startMs: span.start_timestamp * 1000,
        status: span.status,
        message: span.attributes['sentry.status.message'],
        op: span.attributes['sentry.op'],
        attributes: ownAttributes(span),
        links: (span.links ?? []).map((link) => link.context.spanId),
        events: sent
          .filter((event) => isEvent(event) && event.parent_span_id === span.span_id)
          .map((event) => ({ name: event.name, attributes: ownAttributes(event) })),
      }));
  };
}

/** Runs the program between start and end of tracing, and tells the parent process what was recorded. */
exports.run = async (instrumentations, program, integrations) => {
  const finish = process.env.TRACING === 'peer' ? startPeer() : startOurs(integrations);
  registerInstrumentations({ instrumentations: instrumentations() });
  try {
    await program();
    process.send({ spans: await finish() });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
  process.disconnect();
};

/** One request on a connection of its own; resolves when the connection is gone. */
exports.request = (port, path, options = {}) =>
  new Promise((resolve, reject) => {
    const http = require('node:http');
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('error', reject).end(options.body);
  });

exports.listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
/** Resolves when the last connection, and with it the last response, has been closed. */
exports.close = (server) => new Promise((resolve) => server.close(resolve));
