import { type Attributes, createPackingEncoder, type Platform, traceNodeStream } from '@spanstream/core';
import { OS_NAME, OS_VERSION, PROCESS_RUNTIME_NAME, PROCESS_RUNTIME_VERSION, SERVER_ADDRESS } from '@sentry/conventions/attributes';
import { AsyncLocalStorageContextManager } from './async-context.ts';
import { AsyncLocalStorage, AsyncResource, performance } from './builtins.ts';
import { createNodeSinkTransport, createNodeTransport } from './node-transport.ts';

const MEBIBYTE = 1024 * 1024;
/** Keeps a process alive; how often it fires does not matter. */
const HOLD_INTERVAL_MS = 1000;
const KEY = Symbol.for(`spanstream.node@${__SDK_VERSION__}`);

/** Timers armed here would otherwise keep the context of whoever ended a span, and with it a request, from being collected (R9). */
const outside = new AsyncResource('SpanStream', { requireManualDestroy: true });

/** One context for all copies of this version in the process, ESM and CommonJS. */
export const contextManager = ((globalThis as Record<symbol, unknown>)[KEY] ??= new AsyncLocalStorageContextManager(
  new AsyncLocalStorage(),
)) as AsyncLocalStorageContextManager;

/** Node as core sees it. */
export const nodePlatform: Platform = {
  name: 'node',
  sdkName: 'spanstream.node',
  authentication: 'header',
  defaultMaxMemoryBytes: 32 * MEBIBYTE,
  wallClockMs: Date.now,
  monotonicMs: () => performance.now(),
  // Loaded for the first id: 4 ms (Node 20) that the start need not take.
  fillRandom: (bytes) => void process.getBuiltinModule('node:crypto').randomFillSync(bytes),
  setTimer: (callback, delayMs) => outside.runInAsyncScope(() => setTimeout(callback, delayMs).unref()),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
  holdProcess: () => {
    const timer = setInterval(() => undefined, HOLD_INTERVAL_MS);
    return () => clearInterval(timer);
  },
  log: (level, message) => (level === 'warn' ? console.warn(message) : console.debug(message)),
  contextManager,
  createTransport: createNodeTransport,
  createSinkTransport: createNodeSinkTransport,
  createEncoder: createPackingEncoder,
  traceNodeStream,
  segmentAttributes,
};

function segmentAttributes(): Attributes {
  const { hostname, platform, release } = process.getBuiltinModule('node:os');
  return {
    [SERVER_ADDRESS]: hostname(),
    [PROCESS_RUNTIME_NAME]: 'node',
    [PROCESS_RUNTIME_VERSION]: process.versions.node,
    [OS_NAME]: platform(),
    [OS_VERSION]: release(),
  };
}
