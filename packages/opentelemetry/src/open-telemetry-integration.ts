import type { Client, Integration, IntegrationClient } from '@spanstream/core';
import { findBlindCopies } from './api-copies.ts';
import { Bridge } from './bridge.ts';
import { BridgedContextManager } from './context-bridge.ts';
import { BridgedPropagator } from './propagator.ts';
import { type BridgeParts, register, registeredVersion, unregister } from './registration.ts';
import { createResource } from './resource.ts';
import { type SpanProcessor, SpanTap } from './span-tap.ts';
import { BridgedTracerProvider } from './tracer-provider.ts';

/** Options of `openTelemetryIntegration`. */
export interface OpenTelemetryOptions {
  /**
   * Whether the provider, the context manager and the propagator become the global ones of `@opentelemetry/api`. Default true;
   * false for processors alone.
   */
  readonly register?: boolean;
  /** False leaves the global propagator alone, e.g. one of the application's own. Default true. */
  readonly propagator?: boolean;
  /** Processors made for OpenTelemetry's SDK; they see each recorded span, whichever API started it. Default none. */
  readonly spanProcessors?: readonly SpanProcessor[];
  /** Resource attributes for these processors, over those that follow from `release`, `environment` and `serverName`. */
  readonly resource?: Readonly<Record<string, string | number | boolean>>;
}

/** What an application can register, or pass to instrumentation, by itself. */
export interface OpenTelemetryParts extends BridgeParts {
  readonly propagator: BridgedPropagator;
}

/** The bridge that was registered: tracers that the application holds go on with the next client. */
let registeredBridge: Bridge | undefined;
/** One bridge for each client, so that a span has one face. */
const bridges = new WeakMap<IntegrationClient, Bridge>();

/** Makes everything that is written against `@opentelemetry/api` record into this SDK, in the same contexts and traces. */
export function openTelemetryIntegration(options: OpenTelemetryOptions = {}): Integration {
  return {
    name: 'OpenTelemetry',
    setup(client) {
      const { spanProcessors = [], register: isGlobal = true } = options;
      const bridge = isGlobal ? connectRegistered(client) : bridgeOf(client);
      bridge.resource = createResource((client as Client).options, options.resource);
      const tap = new SpanTap(bridge, spanProcessors);
      const detach = spanProcessors.length > 0 ? tap.setup() : undefined;
      const teardown = isGlobal ? setupGlobals(bridge, createParts(bridge, tap, options.propagator !== false)) : undefined;
      return async () => {
        detach?.();
        teardown?.();
        await tap.shutdown();
      };
    },
  };
}

/** A provider, a context manager and a propagator on this client that are registered nowhere: for applications that do it themselves. */
export function createOpenTelemetryParts(client: IntegrationClient): OpenTelemetryParts {
  const bridge = bridgeOf(client);
  return createParts(bridge, new SpanTap(bridge, []), true) as OpenTelemetryParts;
}

function bridgeOf(client: IntegrationClient): Bridge {
  const bridge = bridges.get(client) ?? new Bridge(client);
  bridges.set(client, bridge);
  return bridge;
}

function connectRegistered(client: IntegrationClient): Bridge {
  const bridge = (registeredBridge ??= bridgeOf(client));
  bridge.connect(client);
  bridges.set(client, bridge);
  return bridge;
}

function createParts(bridge: Bridge, tap: SpanTap, withPropagator: boolean): BridgeParts {
  return {
    provider: new BridgedTracerProvider(bridge, () => tap.forceFlush()),
    contextManager: new BridgedContextManager(bridge),
    propagator: withPropagator ? new BridgedPropagator(bridge) : undefined,
  };
}

function setupGlobals(bridge: Bridge, parts: BridgeParts): () => void {
  const { current } = bridge;
  const obstacle = register(parts);
  if (obstacle !== undefined) {
    current.warn(
      'OpenTelemetry',
      `The OpenTelemetry integration is left out: ${obstacle}. Spans made with @opentelemetry/api do not reach this SDK.`,
    );
    return () => undefined;
  }
  const warn = (): void => warnOfCopies((reason, message) => current.warn(reason, message));
  warn();
  bridge.atFirstEntry = warn;
  return () => unregister(parts);
}

function warnOfCopies(warn: (reason: string, message: string) => void): void {
  const version = registeredVersion() ?? '';
  const blind = findBlindCopies(version);
  if (blind.length === 0) return;
  const copies = blind.map((copy) => `${copy.version} in ${copy.folder}`).join(', ');
  warn('OpenTelemetry copies', `This SDK is registered with @opentelemetry/api ${version}; spans made with ${copies} do not reach it.`);
}
