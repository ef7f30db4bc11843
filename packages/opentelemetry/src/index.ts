export { createOpenTelemetryParts, openTelemetryIntegration } from './open-telemetry-integration.ts';
export type { OpenTelemetryOptions, OpenTelemetryParts } from './open-telemetry-integration.ts';
export type { BridgedContextManager } from './context-bridge.ts';
export type { BridgedPropagator } from './propagator.ts';
export type { SpanProcessor } from './span-tap.ts';
export type { BridgedTracerProvider } from './tracer-provider.ts';
