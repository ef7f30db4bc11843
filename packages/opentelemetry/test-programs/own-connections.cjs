/** Instrumentation that sees each connection and each look-up of the process, the SDK's own included. */
const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
const { DnsInstrumentation } = require('@opentelemetry/instrumentation-dns');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { trace } = require('@opentelemetry/api');
const { openTelemetryIntegration } = require('@spanstream/opentelemetry');
const { close, flush, init } = require('@spanstream/node');

async function main() {
  init({ traceLifecycle: 'stream', tracesSampleRate: 1, integrations: [openTelemetryIntegration()] });
  registerInstrumentations({ instrumentations: [new NetInstrumentation(), new DnsInstrumentation()] });
  // Instrumentation begins when a library asks for these.
  require('node:net');
  require('node:dns');
  const tracer = trace.getTracer('program');
  await tracer.startActiveSpan('one', async (span) => {
    span.end();
    await flush();
  });
  tracer.startSpan('two').end();
  await close();
}

void main();
