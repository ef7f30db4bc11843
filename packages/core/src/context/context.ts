import { InertSpan } from '../span/inert-span.ts';
import { RecordingSpan } from '../span/span.ts';
import { STANDS_FOR } from '../span/span-data.ts';
import type { TraceContext } from '../span/trace-context.ts';
import type { Scope } from './scope.ts';

export type AnySpan = RecordingSpan | InertSpan;

/** The span that this SDK made, also when the value only stands for it; undefined for anything else. Never throws. */
export function toOurs(given: unknown): AnySpan | undefined {
  try {
    if (isOurs(given)) return given;
    const inner = typeof given === 'object' && given !== null && STANDS_FOR in given ? given[STANDS_FOR] : undefined;
    return isOurs(inner) ? inner : undefined;
  } catch {
    return undefined; // a hostile or revoked proxy is no span of ours
  }
}

function isOurs(value: unknown): value is AnySpan {
  return value instanceof RecordingSpan || value instanceof InertSpan;
}

/** The same, or what stands in for it when it is ignored (R22). */
export function resolveSpan(given: unknown): AnySpan | undefined {
  const span = toOurs(given);
  return span instanceof InertSpan && span.standIn !== undefined ? span.standIn : span;
}

/**
 * How a span became active. What a `callback` started and runs after it is still caused by it; a `block` stops counting the
 * moment its span ends; `explicit` is a span that was passed to `withActiveSpan` after it had ended (R2). `unknown`: the runtime
 * cannot follow asynchronous work, several causes are possible, and this span, a page's root, stands in for the true one.
 */
export type Activation = 'callback' | 'block' | 'explicit' | 'unknown';

/** What another tracing API carries along in a context of ours. */
export interface Carried {
  /** The baggage members of others for requests that leave from here, of which the trace that is pinned here brought its own. */
  baggageIn(trace: TraceContext | undefined): string | undefined;
}

/** What is current at one point of the program. Immutable; context managers carry it along asynchronous work. */
export interface Context {
  /** The span activated here; null: nothing is active from here on; undefined: look no further. */
  readonly span: AnySpan | null | undefined;
  readonly activation: Activation;
  /** The order of activation, which is not the parent chain. */
  readonly previous: Context | undefined;
  /** How many contexts can be behind this one. */
  readonly depth: number;
  /** The pinned trace (R1). */
  readonly trace: TraceContext | undefined;
  readonly scope: Scope;
  readonly suppressed: boolean;
  readonly carried: Carried | undefined;
}

/** The context outside everything. */
export function outsideContext(scope: Scope): Context {
  return {
    span: undefined,
    activation: 'block',
    previous: undefined,
    depth: 0,
    trace: undefined,
    scope,
    suppressed: false,
    carried: undefined,
  };
}

/** Carries the current context; one implementation per kind of runtime, all held to one conformance suite. */
export interface ContextManager {
  active(): Context | undefined;
  /** Runs the callback with this context, and all that it starts as far as the runtime can follow. */
  run<T>(context: Context, callback: () => T): T;
  /** Makes the context current for the rest of the running function, at most within the innermost `run`. */
  enter(context: Context): void;
}

/** The span that is active: the innermost activated one that is still open. */
export function activeSpan(context: Context | undefined): AnySpan | undefined {
  for (let at = context; at !== undefined; at = at.previous) {
    if (at.span === null) return undefined;
    if (at.span !== undefined && isActive(at.span, at)) return at.span;
  }
  return undefined;
}

/** Where the parent of a span that names none was activated: the active span, else the callback's span that this work was caused by. */
export function parentContext(context: Context | undefined): Context | undefined {
  let cause: Context | undefined;
  for (let at = context; at !== undefined; at = at.previous) {
    if (at.span === null) return cause ?? at;
    if (at.span === undefined) continue;
    if (isActive(at.span, at)) return at;
    if (isCause(at)) cause ??= at;
  }
  return cause;
}

/** The parent of a span that names none. */
export function implicitParent(context: Context | undefined): AnySpan | undefined {
  return parentContext(context)?.span ?? undefined;
}

/** The context in which this span is active. */
export function activate(base: Context, span: AnySpan | null, activation: Activation): Context {
  const previous = stillNeeded(base, activation);
  return {
    span,
    activation: activation === 'callback' && span?.ended === true ? 'explicit' : activation,
    previous,
    depth: depthBehind(previous),
    trace: base.trace,
    scope: base.scope,
    suppressed: base.suppressed,
    carried: base.carried,
  };
}

/** The same point with other circumstances; what is active stays active. */
export function withCircumstances(base: Context, change: Partial<Pick<Context, 'trace' | 'scope' | 'suppressed'>>): Context {
  return { ...base, ...change };
}

/** The context after a block's span has ended: as `base`, active whatever was active before. */
export function leaveBlock(base: Context): Context {
  const before = base.previous;
  return {
    span: before?.span,
    activation: before?.activation ?? 'block',
    previous: before?.previous,
    depth: before?.depth ?? 0,
    trace: base.trace,
    scope: base.scope,
    suppressed: base.suppressed,
    carried: base.carried,
  };
}

function isActive(span: AnySpan, at: Context): boolean {
  return !span.ended || at.activation === 'explicit';
}

/** Whether what was left behind here is caused by the span, ended or not. */
function isCause({ activation }: Context): boolean {
  return activation === 'callback' || activation === 'unknown';
}

/**
 * The part of the chain that can still matter below a new activation. Ended spans never open again, so a callback that
 * starts itself anew for ever (polling) must not drag all its predecessors along: at most one ended cause is kept.
 */
function stillNeeded(base: Context, activation: Activation): Context | undefined {
  let cause: Context | undefined;
  let open: Context | undefined;
  for (let at: Context | undefined = base; at !== undefined; at = at.previous) {
    if (isEndOfSearch(at)) {
      open = at;
      break;
    }
    if (at.span !== undefined && isCause(at)) cause ??= at;
  }
  if (open !== undefined && isTimeToThin(open.depth)) open = withoutEnded(open);
  // A callback is itself the cause of what it leaves behind.
  if (cause === undefined || activation === 'callback') return open;
  return cause.previous === open ? cause : { ...cause, previous: open, depth: depthBehind(open) };
}

/** Whether what stands before this activation is not looked at, as things are now. */
function isEndOfSearch(at: Context): boolean {
  return at.span === null || (at.span !== undefined && isActive(at.span, at));
}

/**
 * Contexts that were open when the next one began may have ended since: each round of a polling that overlaps with the one
 * before adds one. At powers of two the whole chain is gone through, which costs deep nesting next to nothing.
 */
function isTimeToThin(depth: number): boolean {
  return depth >= MIN_THINNED_DEPTH && (depth & (depth - 1)) === 0;
}

const MIN_THINNED_DEPTH = 64;

function withoutEnded(newest: Context): Context {
  const open: Context[] = [];
  for (let at: Context | undefined = newest; at !== undefined; at = at.previous) {
    if (!isEndOfSearch(at)) continue;
    open.push(at);
    if (at.span === null) break;
  }
  return open.reduceRight<Context | undefined>((previous, at) => ({ ...at, previous, depth: depthBehind(previous) }), undefined) ?? newest;
}

function depthBehind(previous: Context | undefined): number {
  return previous === undefined ? 0 : previous.depth + 1;
}
