import { type AnySpan, type Context, type ContextManager, getClient } from '@spanstream/core';

/** A stretch of synchronous code and its context, which blocks inside it change. */
export interface Frame {
  context: Context | undefined;
  /** What the carrier was at when the stretch began. */
  task?: unknown;
}

/** What a platform offers beyond the call stack: brings a frame along to the work that was started in it. */
export interface Carrier {
  /** Work that it has no frame for was started in none. */
  readonly isExact?: boolean;
  /** The frame in which the running code was started. */
  get(): Frame | undefined;
  run<T>(frame: Frame, callback: () => T): T;
  /** Another value means that the carrier has put foreign work on top of the call stack. */
  task?(): unknown;
}

/** The context manager of pages. */
export interface PageContextManager extends ContextManager {
  rootSpan: AnySpan | undefined;
  carrier: Carrier | undefined;
  /** A frame for a function that will be suspended: it starts in the current context. */
  fork(): Frame;
  /** Goes on in that frame, in whatever context it was left. @returns the frame until now */
  swap(next: Frame | undefined): Frame | undefined;
}

/**
 * Follows synchronous calls exactly, and asynchronous work as far as there is a carrier. Where it cannot, a page tells
 * nothing of what caused the running code: after a native `await` it looks the same as after a click. So as soon as any span that
 * was active is still open, a span that starts on an empty stack has an unknown parent, and the root span stands in for it.
 */
function createPageContextManager(): PageContextManager {
  let frame: Frame | undefined;
  const { track, hasOpen } = followOpenSpans((span) => span === manager.rootSpan);
  const rootContext = (isUnknown: boolean, base = getClient()?.current.tracer.rootContext): Context | undefined =>
    base && (manager.rootSpan || isUnknown) ? belowRoot(base, manager.rootSpan, isUnknown) : undefined;
  const top = (): Frame | undefined => (frame && frame.task === manager.carrier?.task?.() ? frame : undefined);

  const manager: PageContextManager = {
    rootSpan: undefined,
    carrier: undefined,
    active() {
      const current = top();
      if (current) return current.context ?? rootContext(false);
      const carried = manager.carrier?.get();
      // A block is active for what its function starts, and nobody can say which of the functions in this frame goes on here.
      if (carried) return hasOpen(carried) ? rootContext(true, carried.context) : carried.context;
      return rootContext(hasOpen());
    },
    run(context, callback) {
      const { carrier } = manager;
      const mine: Frame = { context };
      const inFrame = (): ReturnType<typeof callback> => {
        const before = manager.swap(mine);
        try {
          return callback();
        } finally {
          frame = before;
          if (!carrier?.isExact) track(context.span);
        }
      };
      return carrier ? carrier.run(mine, inFrame) : inFrame();
    },
    enter(context) {
      const owner = manager.carrier?.get();
      const current = top();
      if (current) current.context = context;
      else if (!owner && !hasOpen()) {
        // No callback tells when this stretch of code is over. A microtask is the first thing of ours that can run after it.
        const mine: Frame = { context };
        const before = manager.swap(mine);
        queueMicrotask(() => void (frame === mine && (frame = before)));
      }
      track(context.span, owner);
    },
    fork() {
      const current = top();
      return { context: current || !(manager.carrier?.get() || hasOpen()) ? current?.context : manager.active() };
    },
    swap(next) {
      const before = frame;
      if (next) next.task = manager.carrier?.task?.();
      frame = next;
      return before;
    },
  };
  return manager;
}

function belowRoot(base: Context, root: AnySpan | undefined, isUnknown: boolean): Context {
  const activation = isUnknown ? 'unknown' : 'block';
  return { ...base, span: root ?? null, activation, previous: undefined, depth: 0, trace: base.trace ?? root?.segment.trace };
}

/** Spans that were activated and left open; blocks with the carried frame that they were left open in. */
function followOpenSpans(isRoot: (span: AnySpan) => boolean): {
  track(span: AnySpan | null | undefined, owner?: Frame): void;
  /** @param owner only blocks that were left open in this frame */
  hasOpen(owner?: Frame): boolean;
} {
  const open = new Map<AnySpan, Frame | undefined>();
  return {
    track(span, owner) {
      // Two are looked at for each one that is added, so ended ones never pile up.
      let looked = 0;
      for (const [old, at] of open) {
        open.delete(old);
        if (!old.ended) open.set(old, at);
        if (++looked > 1) break;
      }
      if (span && !span.ended && !open.has(span)) open.set(span, owner);
    },
    hasOpen(owner) {
      for (const [span, at] of open) if (!span.ended && !isRoot(span) && (!owner || owner === at)) return true;
      return false;
    },
  };
}

/** One for all copies of this version in the page. */
export const contextManager = ((globalThis as Record<symbol, unknown>)[Symbol.for(`spanstream.browser@${__SDK_VERSION__}`)] ??=
  createPageContextManager()) as PageContextManager;
