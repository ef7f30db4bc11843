import { type Attributes, type ContextManager, createTextEncoder, type Platform } from '@spanstream/core';
import { PROCESS_RUNTIME_NAME } from '@sentry/conventions/attributes';
import { createEdgeContextManager } from './edge-context.ts';
import { clearEdgeTimer, setEdgeTimer } from './edge-timers.ts';
import { createEdgeTransport } from './edge-transport.ts';

const MEBIBYTE = 1024 * 1024;
const KEY = Symbol.for(`spanstream.edge@${__SDK_VERSION__}`);

const contextManager = ((globalThis as Record<symbol, unknown>)[KEY] ??= createEdgeContextManager()) as ContextManager;

/** A runtime of web standards as core sees it: workerd, Vercel's edge runtime, Deno, Bun. */
export const edgePlatform: Platform = {
  name: 'javascript',
  sdkName: 'spanstream.edge',
  authentication: 'header',
  // An isolate of workerd has 128 MB for all: https://developers.cloudflare.com/workers/platform/limits/#memory
  defaultMaxMemoryBytes: 8 * MEBIBYTE,
  wallClockMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  setTimer: setEdgeTimer,
  clearTimer: clearEdgeTimer,
  log: (level, message) => (level === 'warn' ? console.warn(message) : console.debug(message)),
  contextManager,
  createTransport: createEdgeTransport,
  createEncoder: createTextEncoder,
  segmentAttributes,
};

function segmentAttributes(): Attributes {
  return { [PROCESS_RUNTIME_NAME]: runtimeName() };
}

/** By the names that runtimes give themselves: https://runtime-keys.proposal.wintertc.org */
function runtimeName(): string | undefined {
  const { Bun, Deno, EdgeRuntime } = globalThis as { readonly Bun?: unknown; readonly Deno?: unknown; readonly EdgeRuntime?: unknown };
  if (Bun !== undefined) return 'bun';
  if (Deno !== undefined) return 'deno';
  if (EdgeRuntime !== undefined) return 'edge-light';
  const agent = (globalThis as { readonly navigator?: { readonly userAgent?: string } }).navigator?.userAgent;
  if (agent === 'Cloudflare-Workers') return 'workerd';
  return agent?.startsWith('Node.js') === true ? 'node' : undefined;
}
