export async function createOtel({ otlpUrl, sampleRate = 1, retain = false, httpServer = false }, { maxQueueSize, concurrencyLimit }) {
  const { trace, context, diag, DiagLogLevel } = await import('@opentelemetry/api');
  const { NodeTracerProvider, BatchSpanProcessor, TraceIdRatioBasedSampler, ParentBasedSampler } =
    await import('@opentelemetry/sdk-trace-node');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.NONE);

  const processor = new BatchSpanProcessor(
    new OTLPTraceExporter({ url: otlpUrl, ...(concurrencyLimit ? { concurrencyLimit } : {}) }),
    retain
      ? { maxQueueSize: 1_000_000, maxExportBatchSize: 1_000_000, scheduledDelayMillis: 600_000 }
      : { ...(maxQueueSize ? { maxQueueSize } : {}) },
  );
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench', 'service.version': '1.0.0' }),
    spanProcessors: [processor],
    ...(sampleRate === 1 ? {} : { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRate) }) }),
  });
  provider.register({ contextManager: new AsyncLocalStorageContextManager() });
  if (httpServer) {
    const { registerInstrumentations } = await import('@opentelemetry/instrumentation');
    const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
    registerInstrumentations({ tracerProvider: provider, instrumentations: [new HttpInstrumentation()] });
  }
  const tracer = trace.getTracer('bench', '1.0.0');

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
  // The limits only exist for callers that pass a timeout; OpenTelemetry's own calls have none.
  const limited = (promise, ms) =>
    Promise.race([
      promise.then(
        () => true,
        () => false,
      ),
      ...(ms ? [new Promise((resolve) => setTimeout(resolve, ms, false).unref())] : []),
    ]);
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
    flush: (ms) => limited(provider.forceFlush(), ms),
    close: () => limited(provider.shutdown()),
    stats: () => undefined,
  };
}
