import { createOtel } from './opentelemetry.mjs';

export const label = 'OpenTelemetry';
export const packages = ['@opentelemetry/sdk-trace-node', '@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/api'];

// The default queue of 2,048 spans drops whatever the application ends while one batch is on its way, and the exporter
// refuses more than 30 batches at once, which a forced flush of a long queue needs.
export const create = (options) => createOtel(options, { maxQueueSize: 65_536, concurrencyLimit: 256 });
