import { createTextEncoder, type Platform, StackContextManager } from '@spanstream/core';
import { createFetchTransport } from './fetch-transport.ts';

const MEBIBYTE = 1024 * 1024;
const KEY = Symbol.for(`spanstream.browser@${__SDK_VERSION__}`);

/** One context for all copies of this version in the page. */
const contextManager = ((globalThis as Record<symbol, unknown>)[KEY] ??= new StackContextManager()) as StackContextManager;

/** A page, or a worker, as core sees it. */
export const browserPlatform: Platform = {
  name: 'javascript',
  sdkName: 'spanstream.browser',
  authentication: 'query',
  defaultMaxMemoryBytes: 4 * MEBIBYTE,
  wallClockMs: Date.now,
  monotonicMs: () => performance.now(),
  fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as number),
  log: (level, message) => (level === 'warn' ? console.warn(message) : console.debug(message)),
  contextManager,
  createTransport: createFetchTransport,
  createEncoder: createTextEncoder,
  segmentAttributes: () => ({}),
};
