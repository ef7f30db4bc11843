import { context, propagation, trace } from '@opentelemetry/api';
import type { BridgedContextManager } from './context-bridge.ts';
import type { BridgedPropagator } from './propagator.ts';
import type { BridgedTracerProvider } from './tracer-provider.ts';

/** The parts that `@opentelemetry/api` has one place for each. */
export interface BridgeParts {
  readonly provider: BridgedTracerProvider;
  readonly contextManager: BridgedContextManager;
  /** Absent: the place is left alone. */
  readonly propagator: BridgedPropagator | undefined;
}

/** Where all copies of the API of version 1 keep what was registered. */
const GLOBAL_KEY = Symbol.for('opentelemetry.js.api.1');

interface ApiGlobal {
  readonly version?: string;
  readonly trace?: object;
  readonly context?: object;
  readonly propagation?: object;
}

function apiGlobal(): ApiGlobal {
  return ((globalThis as Record<symbol, unknown>)[GLOBAL_KEY] as ApiGlobal | undefined) ?? {};
}

/** The version of the API that the registration is of; only copies of the same or an earlier minor version see it. */
export function registeredVersion(): string | undefined {
  return apiGlobal().version;
}

/** Puts the parts into the places that the API has for them: all or none. Returns why not, if not. */
export function register({ provider, contextManager, propagator }: BridgeParts): string | undefined {
  const taken = takenPlaces(propagator !== undefined);
  if (taken.length > 0) return `another SDK has registered ${taken.join(' and ')}`;
  const isRegistered =
    trace.setGlobalTracerProvider(provider) &&
    context.setGlobalContextManager(contextManager) &&
    (propagator === undefined || propagation.setGlobalPropagator(propagator));
  if (isRegistered) return undefined;
  unregister({ provider, contextManager, propagator });
  return `another copy of @opentelemetry/api (version ${apiGlobal().version ?? 'unknown'}) has registered something of its own first`;
}

/** Empties the places that these very parts are in. */
export function unregister({ provider, contextManager, propagator }: BridgeParts): void {
  const registered = apiGlobal();
  if (delegateOf(registered.trace) === provider) trace.disable();
  if (registered.context === contextManager) context.disable();
  if (propagator !== undefined && registered.propagation === propagator) propagation.disable();
}

function takenPlaces(withPropagator: boolean): string[] {
  const registered = apiGlobal();
  return [
    describe('the tracer provider', delegateOf(registered.trace)),
    describe('the context manager', registered.context),
    withPropagator ? describe('the propagator', registered.propagation) : undefined,
  ].filter((place) => place !== undefined);
}

function describe(place: string, occupant: object | undefined): string | undefined {
  return occupant === undefined ? undefined : `${place} ${occupant.constructor?.name ?? 'without a class'}`;
}

/** What is behind the proxy that the API registers in a provider's place. */
function delegateOf(provider: object | undefined): object | undefined {
  const proxy = provider as { getDelegate?(): object } | undefined;
  return typeof proxy?.getDelegate === 'function' ? proxy.getDelegate() : provider;
}
