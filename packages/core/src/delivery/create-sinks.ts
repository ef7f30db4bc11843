import { outsideContext } from '../context/context.ts';
import type { Scope } from '../context/scope.ts';
import { describeError, type Diagnostics } from '../diagnostics.ts';
import type { Platform } from '../platform.ts';
import { toSpanJSON } from '../span/span-json.ts';
import { type ConstantAttributes, withConstants } from '../wire/constants.ts';
import type { SdkInfo } from '../wire/dsn.ts';
import type { ByteBudget } from './budget.ts';
import type { Ledger } from './ledger.ts';
import type { Sink, SinkContext } from './sink.ts';
import { SinkDelivery } from './sink-delivery.ts';

/** What sinks need of their client. */
export interface SinkParts {
  readonly options: { readonly sinks: readonly Sink[]; readonly release?: string | undefined; readonly environment: string };
  readonly platform: Platform;
  readonly diagnostics: Diagnostics;
  readonly sdk: SdkInfo;
  readonly constants: ConstantAttributes;
  readonly budget: ByteBudget;
  /** Only without a DSN. */
  readonly ledger: Ledger | undefined;
  readonly defaultScope: Scope;
}

/** Makes what hands finished spans to the sinks of the options. */
export type CreateSinks = (parts: SinkParts) => SinkDelivery;

/** A sink that brings `createSinks` along, for pages whose entry has not got it: then a bundle has it only where there is a sink. */
export interface CarryingSink extends Sink {
  readonly createSinks: CreateSinks;
}

/** Sets the sinks up; one that fails is a warning and is left out. */
export const createSinks: CreateSinks = ({ options, platform, diagnostics, sdk, constants, budget, ledger, defaultScope }) => {
  const { sinks, release, environment } = options;
  const quiet = { ...outsideContext(defaultScope), suppressed: true };
  const context: SinkContext = {
    sdk,
    release,
    environment,
    facts: platform.segmentAttributes(),
    constants,
    platform,
    attributesOf: (span) => withConstants(span, constants),
    debug: diagnostics.debug,
    warn: diagnostics.warn,
  };
  const isReady = (sink: Sink): boolean => {
    try {
      sink.setup?.(context);
      return true;
    } catch (error) {
      diagnostics.warn(`sink ${sink.name}`, `The sink ${sink.name} could not be set up and is left out: ${describeError(error)}`);
      return false;
    }
  };
  return new SinkDelivery({
    sinks: sinks.filter(isReady),
    ledger,
    budget,
    diagnostics,
    platform,
    toJSON: (span) => toSpanJSON(span, withConstants(span, constants)),
    quietly: (callback) => platform.contextManager.run(quiet, callback),
  });
};
