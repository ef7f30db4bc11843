/** An application whose copy of the API is not the one that the bridge has. */
const { trace, diag, DiagLogLevel } = require('@opentelemetry/api');
const { init, close, tracing } = require('@spanstream/node');
const { openTelemetryIntegration } = require('@spanstream/opentelemetry');

async function main() {
  if (process.env.FIRST === 'logger') diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.NONE);
  const sent = [];
  init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    sinks: [{ name: 'program', send: (spans) => void sent.push(...spans) }],
    integrations: () => [openTelemetryIntegration()],
  });
  tracing.startSpan({ name: 'ours' }, () => trace.getTracer('program').startActiveSpan('theirs', (span) => span.end()));
  await close();
  process.send({ spans: sent.map(({ name }) => name) });
  process.disconnect();
}

void main();
