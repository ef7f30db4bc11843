import { createOtel } from './opentelemetry.mjs';

export const label = 'OpenTelemetry, default queue';
export const packages = ['@opentelemetry/sdk-trace-node', '@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/api'];
export const create = (options) => createOtel(options, {});
