export const label = 'spanstream through @opentelemetry/api';
export const packages = ['@spanstream/opentelemetry', '@spanstream/node', '@opentelemetry/api'];

export async function create({ dsn, sampleRate = 1 }) {
  const { trace, context } = await import('@opentelemetry/api');
  const { init, flush, close } = await import('@spanstream/node');
  const { openTelemetryIntegration } = await import('@spanstream/opentelemetry');
  const client = init({
    dsn,
    release: 'bench@1.0.0',
    traceLifecycle: 'stream',
    tracesSampleRate: sampleRate,
    integrations: [openTelemetryIntegration()],
  });
  const tracer = trace.getTracer('bench', '1.0.0');

  // As the adapter of OpenTelemetry's SDK does it.
  const scoped = (name, options, callback) =>
    tracer.startActiveSpan(name, options, (span) => {
      let result;
      try {
        result = callback(span);
      } catch (error) {
        span.end();
        throw error;
      }
      if (typeof result?.then === 'function') return result.finally(() => span.end());
      span.end();
      return result;
    });
  return {
    settleMs: 0,
    startActive: (name, attributes, callback) => scoped(name, { attributes }, callback),
    startRoot: (name, attributes, callback) => scoped(name, { attributes, root: true }, callback),
    startManual: (name, parent) => tracer.startSpan(name, undefined, trace.setSpan(context.active(), parent)),
    startManualRoot: (name) => tracer.startSpan(name, { root: true }),
    setAttribute: (span, key, value) => {
      span.setAttribute(key, value);
    },
    end: (span) => span.end(),
    flush: (ms) => flush(ms),
    close: (ms) => close(ms),
    stats: () => client.stats(),
  };
}
