export async function createSentry({ dsn, sampleRate = 1 }, traceLifecycle) {
  const Sentry = await import('@sentry/node');
  Sentry.init({
    dsn,
    release: 'bench@1.0.0',
    traceLifecycle,
    tracesSampleRate: sampleRate,
    // The default of 64 concurrent envelopes drops traces at these rates; every trace is an envelope of its own.
    transportOptions: { bufferSize: 1024 },
  });
  return {
    // Finished traces leave on a timer of five seconds each. Flushing earlier pushes all of them into the transport at
    // once, which then drops what exceeds its buffer.
    settleMs: traceLifecycle === 'stream' ? 5400 : 300,
    // A transaction is encoded and sent after the callback that ended its root returned: most of the work is in the rest.
    restPerTraceMs: traceLifecycle === 'static' ? 0.6 : 0,
    startActive: (name, attributes, callback) => Sentry.startSpan({ name, attributes }, callback),
    startRoot: (name, attributes, callback) => Sentry.startNewTrace(() => Sentry.startSpan({ name, attributes }, callback)),
    startManual: (name, parentSpan) => Sentry.startInactiveSpan({ name, parentSpan }),
    startManualRoot: (name) => Sentry.startNewTrace(() => Sentry.startInactiveSpan({ name, parentSpan: null })),
    setAttribute: (span, key, value) => {
      span.setAttribute(key, value);
    },
    end: (span) => span.end(),
    flush: (ms) => Sentry.flush(ms),
    close: (ms) => Sentry.close(ms),
    stats: () => undefined,
  };
}
