import { Scope } from '../context/scope.ts';
import type { AnySpan } from '../context/context.ts';
import { InertSpan, type InertOwner } from '../span/inert-span.ts';
import { Segment } from '../span/segment.ts';
import { UNNAMED } from '../span/span.ts';
import type { IncomingOptions } from './propagation.ts';
import type { TraceHeaders } from './trace-headers.ts';
import type { TraceNodeStream } from './trace-node-stream.ts';
import type { Tracer } from './tracer.ts';

/** The running client, as far as the tracing verbs need it. */
export interface Current {
  readonly tracer: Tracer;
  readonly headers: TraceHeaders;
  readonly incoming: IncomingOptions;
  /** Which API may start spans (R13). */
  readonly mode: 'static' | 'stream';
  /** Something the application does wrong; said once per reason. */
  warn(reason: string, message: string): void;
  /** A fault of the SDK's own that was caught. */
  fault(reason: string, error: unknown): void;
}

interface Shared {
  /** Undefined also while the client has nothing to do yet: `getCurrent` makes it. */
  current: Current | undefined;
  /** Makes what the client runs with, of one that has started late. */
  wake: (() => Current) | undefined;
  /** What the last `init` returned. */
  client: object | undefined;
  /** What the platform of that client has for Node streams. */
  traceNodeStream: TraceNodeStream | undefined;
  readonly globalScope: Scope;
  readonly defaultScope: Scope;
}

/**
 * One state for all copies of this version in the process: an application may well load the ESM and the CommonJS build
 * side by side, and both must see one client.
 */
const KEY = Symbol.for(`spanstream@${__SDK_VERSION__}`);

/** What all copies share. */
export const shared: Shared = ((globalThis as Record<symbol, unknown>)[KEY] ??= {
  current: undefined,
  wake: undefined,
  client: undefined,
  traceNodeStream: undefined,
  globalScope: new Scope(),
  defaultScope: new Scope(),
} satisfies Shared) as Shared;

/** The running client, which is there from now on; undefined without one. */
export function getCurrent(): Current | undefined {
  return shared.current ?? shared.wake?.();
}

/** What verbs answer with where there is no client. */
export function spanWithoutClient(name: unknown): AnySpan {
  const trace = { traceId: weakHex() + weakHex(), sampleRand: 0 };
  return new InertSpan(NOBODY, 'off', typeof name === 'string' && name !== '' ? name : UNNAMED, {
    segment: new Segment(trace, '', '', {}),
  });
}

const NOBODY: InertOwner = { inertSpanId: weakHex, blockEnded: () => undefined };

/** 16 hex digits of no quality: no platform has said yet where randomness comes from, and these ids are never sent. */
function weakHex(): string {
  return (Math.floor(Math.random() * 0xffff_ffff) + 1).toString(16).padStart(16, '0');
}
