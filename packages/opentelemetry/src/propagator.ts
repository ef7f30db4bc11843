import type { Context as ApiContext, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { createPropagationTargets, mergeBaggage, parseIncoming } from '@spanstream/core';
import { type Bridge, CLIENT } from './bridge.ts';
import { type BridgedContext, toBridged } from './bridged-context.ts';
import { ElsewhereSpan } from './elsewhere-span.ts';
import { BridgedSpan } from './span-bridge.ts';

const FIELDS = ['sentry-trace', 'baggage', 'traceparent', 'tracestate'];

/** Writes and reads the headers that this SDK's own requests have: `sentry-trace`, `baggage`, `traceparent` and `tracestate`. */
export class BridgedPropagator implements TextMapPropagator {
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  inject(context: ApiContext, carrier: unknown, setter: TextMapSetter): void {
    const { current } = this.#bridge;
    try {
      const bridged = toBridged(this.#bridge, context);
      if (!this.#mayPropagate(bridged)) return;
      const headers = current.headers.create(bridged.ours);
      for (const name of Object.keys(headers)) {
        const value = headers[name]!;
        const existing = name === 'baggage' ? ownText(carrier, name) : undefined;
        setter.set(carrier, name, existing === undefined ? value : mergeBaggage(existing, value));
      }
    } catch (error) {
      current.fault('OpenTelemetry inject', error);
    }
  }

  extract(context: ApiContext, carrier: unknown, getter: TextMapGetter): ApiContext {
    const { current } = this.#bridge;
    try {
      const get = (name: string): string | undefined => {
        const value = getter.get(carrier, name);
        return Array.isArray(value) ? value.join(',') : value;
      };
      if (FIELDS.every((name) => get(name) === undefined)) return context;
      const trace = parseIncoming({ get }, current.incoming);
      return toBridged(this.#bridge, context).withIncoming(trace);
    } catch (error) {
      current.fault('OpenTelemetry extract', error);
      return context;
    }
  }

  fields(): string[] {
    return [...FIELDS];
  }

  /** Requests to where `tracePropagationTargets` does not lead, or that an integration of ours sees to, get nothing. */
  #mayPropagate(context: BridgedContext): boolean {
    const span = context.givenSpan;
    if (span instanceof ElsewhereSpan) return false;
    const targets = this.#bridge.client.settings.tracePropagationTargets;
    if (targets === undefined || !(span instanceof BridgedSpan) || span.kind !== CLIENT || span.url === undefined) return true;
    return createPropagationTargets(targets)(span.url);
  }
}

function ownText(carrier: unknown, name: string): string | undefined {
  if (typeof carrier !== 'object' || carrier === null || !Object.hasOwn(carrier, name)) return undefined;
  const value: unknown = Reflect.get(carrier, name);
  return typeof value === 'string' ? value : undefined;
}
