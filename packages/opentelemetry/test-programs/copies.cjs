/** An application whose copy of the API is not the one that the bridge has. */
const { init, close, tracing } = require('@spanstream/node');
const { openTelemetryIntegration } = require('@spanstream/opentelemetry');

async function main() {
  const { FIRST, LATE } = process.env;
  if (LATE === undefined) require('@opentelemetry/api');
  if (FIRST === 'logger') require('@opentelemetry/api').diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, 0);
  const sent = [];
  init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    sinks: [{ name: 'program', send: (spans) => void sent.push(...spans) }],
    integrations: () => [openTelemetryIntegration()],
  });
  const { trace } = require('@opentelemetry/api');
  if (LATE !== undefined) require('opentelemetry-api-1.9').trace.getTracer('server').startSpan('entry', { kind: 1 }).end();
  tracing.startSpan({ name: 'ours' }, () => trace.getTracer('program').startActiveSpan('theirs', (span) => span.end()));
  await close();
  process.send({ spans: sent.map(({ name }) => name) });
  process.disconnect();
}

void main();
