import { SENTRY_IDLE_SPAN_FINISH_REASON, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import {
  type AnySpan,
  type Attributes,
  getCurrent,
  type IntegrationClient,
  sanitizeUrl,
  type SpanLink,
  type TraceContext,
  urlAttributes,
  type WatchedSpan,
} from '@spanstream/core';
import { onPageExit } from '../page-exit.ts';
import { browserPlatform } from '../platform.ts';
import { setRootSpan } from '../root-span.ts';
import { guarded } from './guarded.ts';
import {
  decideIdle,
  type IdleDecision,
  type IdleEndReason,
  type IdleFacts,
  idleTimeoutMs,
  type IdleTimeouts,
  isPartOfLoad,
} from './idle-span.ts';
import { listen } from './listen.ts';

/** What a page load or navigation starts with. */
export interface PageRootOptions {
  readonly op: 'pageload' | 'navigation';
  /** Default: the page's address. */
  readonly href?: string;
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
  /** Nobody has caught the error of which the event tells. */
  fail(event: Event): void;
}

let current: PageRoot | undefined;

/** The page load or navigation that is going on, else the last one. Whoever asks needs it: it starts, if it has not yet. */
export const getPageRoot = (): PageRoot | undefined => getCurrent() && current;

/** The attributes that the page's address gives to its spans. */
export const pageAttributes = ({ settings }: IntegrationClient, { href } = location as { readonly href?: string }): Attributes =>
  urlAttributes(sanitizeUrl(href ?? location.href, settings.sendDefaultPii));

/** Hears of the errors that nobody in the page has caught; returns what ends that. */
export const listenToErrors = (listener: (event: Event) => void): (() => void) =>
  listen(['error', 'unhandledrejection'], (event) => {
    // Other targets are elements whose resource did not load.
    if (event.target === globalThis) listener(event);
  });

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
        ...pageAttributes(client, options),
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

/** Ends what is going on with the SDK; what starts later has no root. */
export function closePageRoot(): void {
  current?.end('externalFinish');
  current = undefined;
  setRootSpan(undefined);
}

function keepUntilIdle(client: IntegrationClient, span: AnySpan, options: PageRootOptions): PageRoot {
  const { timeouts } = options;
  const { clock } = client.current.tracer;
  const facts = factsAtStart(clock.now(), options);
  let timer: unknown;
  let timerMs = Infinity;
  const decide = (interruption?: IdleEndReason): IdleDecision => decideIdle({ ...facts, nowMs: clock.now(), interruption }, timeouts);
  const check = guarded(client, 'An idle span', (interruption?: IdleEndReason): void => {
    timerMs = Infinity;
    const decision = decide(interruption);
    if ('checkAtMs' in decision) return changed();
    stop();
    span.setAttribute(SENTRY_IDLE_SPAN_FINISH_REASON, decision.reason).end(decision.endMs);
  });
  /** Only the timer or an interruption ends the span, never a child. */
  const changed = (): void => {
    const decision = decide();
    const atMs = 'checkAtMs' in decision ? decision.checkAtMs : clock.now() + idleTimeoutMs(timeouts);
    if (timerMs <= atMs) return;
    browserPlatform.clearTimer(timer);
    timerMs = atMs;
    timer = browserPlatform.setTimer(() => check(), Math.max(0, atMs - clock.now()));
  };
  const fail = (event: Event): void => span.fail((event as ErrorEvent).error ?? (event as PromiseRejectionEvent).reason ?? new Error());
  const unlisten = listenToPage(fail, check, () => {
    facts.inputMs = Math.min(facts.inputMs, clock.now());
  });
  function stop(): void {
    unlisten();
    browserPlatform.clearTimer(timer);
    span.segment.watch = undefined;
  }
  const watch = createWatch(facts, timeouts);
  span.segment.watch = (child) => {
    if (child === span) stop(); // ended by somebody else
    else if (watch(child)) changed();
  };
  changed();
  return {
    span,
    extend(endMs) {
      if (span.ended) return;
      facts.activityEndMs = Math.max(facts.activityEndMs, endMs);
      if (!facts.isLoading) facts.quietMs = Math.max(facts.quietMs, endMs);
      changed();
    },
    becomeQuiet(quietMs) {
      facts.isLoading = false;
      facts.quietMs = quietMs;
      facts.lastChangeMs = Math.max(facts.lastChangeMs, quietMs);
      this.extend(quietMs);
    },
    end: check,
    fail,
  };
}

function factsAtStart(nowMs: number, { startMs = nowMs, isLoading = false }: PageRootOptions): IdleFacts {
  return {
    nowMs,
    startMs,
    isLoading,
    openChildren: 0,
    // A start of the SDK long after that of the page leaves time to hear of what has been.
    lastChangeMs: nowMs,
    activityEndMs: startMs,
    quietMs: Infinity,
    inputMs: Infinity,
  };
}

/** Hears of all that ends a page load or navigation or takes it out of the page's hands. */
function listenToPage(fail: PageRoot['fail'], end: (reason: IdleEndReason) => void, onInput: () => void): () => void {
  const stops = [
    onPageExit(() => end('documentHidden')),
    listenToErrors(fail),
    listen(['pointerdown', 'keydown'], (event) => {
      if (event.isTrusted) onInput();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Notes what the span's descendants do; the function says whether it was news. */
function createWatch(facts: IdleFacts, timeouts: IdleTimeouts): (child: WatchedSpan) => boolean {
  const open = new Set<string>();
  return ({ spanId, ended, startMs, endMs }) => {
    if (ended ? !open.delete(spanId) : !isPartOfLoad(startMs, facts, timeouts)) return false;
    if (ended) facts.activityEndMs = Math.max(facts.activityEndMs, endMs);
    else open.add(spanId);
    facts.openChildren = open.size;
    facts.lastChangeMs = Math.max(facts.lastChangeMs, ended ? endMs : startMs);
    return true;
  };
}
