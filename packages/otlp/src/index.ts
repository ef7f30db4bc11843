export { otlpSink } from './otlp-sink.ts';
export type { OtlpSinkOptions } from './otlp-options.ts';
