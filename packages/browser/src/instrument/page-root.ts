import { SENTRY_IDLE_SPAN_FINISH_REASON, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import {
  type AnySpan,
  type Attributes,
  type IntegrationClient,
  sanitizeUrl,
  type SpanLink,
  type TraceContext,
  urlAttributes,
} from '@spanstream/core';
import { onPageExit } from '../page-exit.ts';
import { browserPlatform } from '../platform.ts';
import { setRootSpan } from '../root-span.ts';
import { guarded } from './guarded.ts';
import { decideIdle, type IdleEndReason, type IdleFacts, type IdleTimeouts, isPartOfLoad } from './idle-span.ts';
import { listen } from './listen.ts';

/** What a page load or navigation starts with. */
export interface PageRootOptions {
  readonly op: 'pageload' | 'navigation';
  readonly trace: TraceContext;
  /** Ms since the epoch. */
  readonly startMs?: number;
  readonly attributes?: Attributes;
  readonly links?: SpanLink[];
  readonly timeouts: IdleTimeouts;
  readonly isLoading?: boolean;
}

/** A page load or navigation, going on or over. */
export interface PageRoot {
  readonly span: AnySpan;
  /** Something that no span shows is part of it, such as a paint; ms since the epoch. */
  extend(endMs: number): void;
  /** The same, and with it everything that the load itself shows is there. */
  becomeQuiet(quietMs: number): void;
  end(reason: IdleEndReason): void;
}

let current: PageRoot | undefined;

/** The page load or navigation that is going on, else the last one. */
export const getPageRoot = (): PageRoot | undefined => current;

/** The attributes that the page's address gives to its spans. */
export const pageAttributes = ({ settings }: IntegrationClient): Attributes =>
  urlAttributes(sanitizeUrl(location.href, settings.sendDefaultPii));

/**
 * Starts the span of a page load or navigation in a trace of its own, and ends the one before. Until the next one its trace
 * is that of everything in the page which has no other (R1), and until it ends it is the parent of what has none.
 */
export function startPageRoot(client: IntegrationClient, options: PageRootOptions): PageRoot {
  const { tracer } = client.current;
  const { clock } = tracer;
  current?.end('interactionInterrupted');
  const base = { ...tracer.rootContext, span: undefined, trace: options.trace };
  const { span } = tracer.begin(
    {
      name: options.op === 'pageload' ? 'Pageload' : 'Navigation',
      attributes: {
        [SENTRY_OP]: options.op,
        [SENTRY_ORIGIN]: `auto.${options.op}.browser`,
        ...pageAttributes(client),
        ...(document.visibilityState === 'hidden' && { 'spanstream.started_hidden': true }),
        ...options.attributes,
      },
      startTime: options.startMs ?? clock.now(),
      ...(options.links && { links: options.links }),
    },
    base,
  );
  tracer.rootContext = { ...base, span };
  setRootSpan(span);
  current = keepUntilIdle(client, span, options);
  return current;
}

function keepUntilIdle(client: IntegrationClient, span: AnySpan, { startMs, isLoading, timeouts }: PageRootOptions): PageRoot {
  const { tracer } = client.current;
  const { clock } = tracer;
  const { idleTimeoutMs = 1000 } = timeouts;
  const nowMs = clock.now();
  const facts: IdleFacts = {
    nowMs,
    startMs: startMs ?? nowMs,
    isLoading: isLoading === true,
    openChildren: 0,
    // A start of the SDK long after that of the page leaves time to hear of what has been.
    lastChangeMs: nowMs,
    activityEndMs: startMs ?? nowMs,
    quietMs: Infinity,
    inputMs: Infinity,
  };
  const open = new Set<string>();
  let timer: unknown;
  let timerMs = Infinity;

  const wakeAt = (atMs: number): void => {
    if (timerMs <= atMs) return;
    browserPlatform.clearTimer(timer);
    timerMs = atMs;
    timer = browserPlatform.setTimer(() => check(), Math.max(0, atMs - clock.now()));
  };
  const check = guarded(client.current, 'An idle span', (interruption?: IdleEndReason): void => {
    timerMs = Infinity;
    facts.nowMs = clock.now();
    facts.interruption = interruption;
    const decision = decideIdle(facts, timeouts);
    if ('checkAtMs' in decision) return wakeAt(decision.checkAtMs);
    stop();
    span.setAttribute(SENTRY_IDLE_SPAN_FINISH_REASON, decision.reason).end(decision.endMs);
  });
  // Only a timer or an interruption ends the span, never a child.
  const changed = (): void => {
    facts.nowMs = clock.now();
    facts.openChildren = open.size;
    const decision = decideIdle(facts, timeouts);
    wakeAt('checkAtMs' in decision ? decision.checkAtMs : facts.nowMs + idleTimeoutMs);
  };
  const extend = (endMs: number): void => {
    if (span.ended) return;
    facts.activityEndMs = Math.max(facts.activityEndMs, endMs);
    if (facts.quietMs < Infinity) facts.quietMs = Math.max(facts.quietMs, endMs);
    changed();
  };
  const stops = [
    onPageExit(() => check('documentHidden')),
    listen(['error', 'unhandledrejection'], (event) => {
      // Other targets are elements whose resource did not load.
      if (event.target === globalThis)
        span.fail((event as ErrorEvent).error ?? (event as PromiseRejectionEvent).reason ?? { name: 'Error' });
    }),
    listen(['pointerdown', 'keydown'], (event) => {
      if (event.isTrusted) facts.inputMs = Math.min(facts.inputMs, clock.now());
    }),
  ];
  function stop(): void {
    for (const undo of stops.splice(0)) undo();
    browserPlatform.clearTimer(timer);
    span.segment.watch = undefined;
    if (current?.span === span) setRootSpan(undefined);
  }
  span.segment.watch = (child) => {
    if (child === span) return stop(); // ended by somebody else
    if (child.ended) {
      if (!open.delete(child.spanId)) return;
      facts.activityEndMs = Math.max(facts.activityEndMs, child.endMs);
    } else if (isPartOfLoad(child.startMs, facts, timeouts)) open.add(child.spanId);
    else return;
    facts.lastChangeMs = Math.max(facts.lastChangeMs, child.ended ? child.endMs : child.startMs);
    changed();
  };
  wakeAt(nowMs + idleTimeoutMs);
  return {
    span,
    extend,
    becomeQuiet(quietMs) {
      facts.isLoading = false;
      facts.quietMs = quietMs;
      facts.lastChangeMs = Math.max(facts.lastChangeMs, quietMs);
      extend(quietMs);
    },
    end: check,
  };
}
