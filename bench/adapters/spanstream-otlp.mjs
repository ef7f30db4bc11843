export const label = 'spanstream, OTLP sink';
export const packages = ['@spanstream/node', '@spanstream/otlp'];

export async function create({ otlpUrl, sampleRate = 1 }) {
  const [{ init, tracing, flush, close }, { otlpSink }] = await Promise.all([import('@spanstream/node'), import('@spanstream/otlp')]);
  const client = init({
    release: 'bench@1.0.0',
    traceLifecycle: 'stream',
    tracesSampleRate: sampleRate,
    sinks: [otlpSink({ url: otlpUrl })],
  });
  return {
    settleMs: 0,
    startActive: (name, attributes, callback) => tracing.startSpan({ name, attributes }, callback),
    startRoot: (name, attributes, callback) => tracing.startNewTrace(() => tracing.startSpan({ name, attributes }, callback)),
    startManual: (name, parentSpan) => tracing.startSpan({ name, parentSpan, active: false }),
    startManualRoot: (name) => tracing.startNewTrace(() => tracing.startSpan({ name, parentSpan: null, active: false })),
    setAttribute: (span, key, value) => {
      span.setAttribute(key, value);
    },
    end: (span) => span.end(),
    flush: (ms) => flush(ms),
    close: (ms) => close(ms),
    stats: () => client.stats(),
  };
}
