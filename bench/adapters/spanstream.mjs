export const label = 'spanstream';
export const packages = ['@spanstream/node'];

export async function create({ dsn, sampleRate = 1, retain = false }) {
  const { init, tracing, flush, close } = await import('@spanstream/node');
  const client = init({
    dsn,
    release: 'bench@1.0.0',
    traceLifecycle: 'stream',
    tracesSampleRate: sampleRate,
    // 100,000 spans have to stay unsent at once to be weighed; nothing else is lifted.
    ...(retain ? { maxMemoryBytes: 256 * 1024 * 1024 } : {}),
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
