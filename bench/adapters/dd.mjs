import { createRequire } from 'node:module';

export const label = 'dd-trace';
export const packages = ['dd-trace'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function create({ agentUrl, sampleRate = 1 }) {
  // What talks to the agent besides traces stays off: it is no part of the work compared here.
  process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false';
  process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false';
  process.env.DD_TRACE_STARTUP_LOGS = 'false';
  process.env.DD_RUNTIME_METRICS_ENABLED = 'false';
  const tracer = createRequire(import.meta.url)('dd-trace').init({
    url: agentUrl,
    service: 'bench',
    env: 'production',
    version: '1.0.0',
    ...(sampleRate === 1 ? {} : { sampleRate }),
  });
  const exporter = tracer._tracer._exporter;
  // There is no public flush. Payloads sent earlier are not awaited by it, hence the pause.
  const flush = () => new Promise((resolve) => exporter.flush(resolve)).then(() => sleep(300)).then(() => true);
  return {
    settleMs: 0,
    startActive: (name, attributes, callback) => tracer.trace(name, { tags: attributes }, callback),
    startRoot: (name, attributes, callback) => tracer.trace(name, { tags: attributes }, callback),
    startManual: (name, childOf) => tracer.startSpan(name, { childOf }),
    startManualRoot: (name) => tracer.startSpan(name),
    setAttribute: (span, key, value) => {
      span.setTag(key, value);
    },
    end: (span) => span.finish(),
    flush,
    // Nothing to call: it flushes from its own beforeExit handler.
    close: async () => true,
    stats: () => undefined,
  };
}
