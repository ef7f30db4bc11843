export const label = 'spanstream, static';
export const packages = ['@spanstream/node'];

export async function create({ dsn, sampleRate = 1 }) {
  const { init, startSpan, startTransaction, tracing, flush, close } = await import('@spanstream/node');
  const client = init({ dsn, release: 'bench@1.0.0', traceLifecycle: 'static', tracesSampleRate: sampleRate });
  return {
    settleMs: 0,
    startActive: (name, attributes, callback) => startSpan({ name, attributes }, callback),
    startRoot: (name, attributes, callback) => tracing.startNewTrace(() => startSpan({ name, attributes }, callback)),
    startManual: (name, parentSpan) => parentSpan.startChild({ description: name }),
    startManualRoot: (name) => tracing.startNewTrace(() => startTransaction({ name })),
    setAttribute: (span, key, value) => {
      span.setAttribute(key, value);
    },
    end: (span) => span.end(),
    flush: (ms) => flush(ms),
    close: (ms) => close(ms),
    stats: () => client.stats(),
  };
}
