import type { EventEmitter } from 'node:events';
import type { Context, IntegrationClient } from '@spanstream/core';
import { replaceMethod } from './replace-method.ts';

type Tracer = IntegrationClient['current']['tracer'];

/**
 * Wraps the emitter's `emit`, so that what listens runs in the context that `contextOf` answers with, unless it is emitted
 * from inside that context, where all stays as it is. Returns what undoes it.
 */
export function emitInContext(
  emitter: EventEmitter,
  tracer: Tracer,
  contextOf: (emitter: EventEmitter, type: unknown, first: unknown) => Context | undefined,
): () => void {
  const original = emitter.emit;
  return replaceMethod(emitter, 'emit', function emit(this: EventEmitter, type: unknown, first: unknown) {
    const args = arguments as unknown as Parameters<EventEmitter['emit']>;
    const context = contextOf(this, type, first);
    if (context === undefined || isInside(tracer.context, context)) return original.apply(this, args);
    return tracer.runIn(context, () => original.apply(this, args));
  });
}

function isInside({ scope }: Context, outer: Context): boolean {
  return scope === outer.scope || (scope.entrySpan !== undefined && scope.entrySpan === outer.scope.entrySpan);
}
