import { createTextEncoder, type Platform } from '@spanstream/core';
import { createAsyncContextCarrier } from './async-context.ts';
import { ALLOWANCE_BYTES, createFetchTransport } from './fetch-transport.ts';
import { monotonicMs } from './page-clock.ts';
import { contextManager } from './page-context.ts';
import { createZoneCarrier, outsideZones } from './zone-context.ts';

const MEBIBYTE = 1024 * 1024;
/** A page, or a worker, as core sees it. */
export const browserPlatform: Platform = {
  name: 'javascript',
  sdkName: 'spanstream.browser',
  startsLate: typeof document !== 'undefined',
  authentication: 'query',
  defaultMaxMemoryBytes: 4 * MEBIBYTE,
  exitAllowanceBytes: ALLOWANCE_BYTES,
  wallClockMs: Date.now,
  monotonicMs,
  fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  setTimer: (callback, delayMs) => outsideZones(() => setTimeout(callback, delayMs)),
  clearTimer: (timer) => clearTimeout(timer as number),
  log: (level, message) => console[level](message),
  /** Asked for by what starts, when zone.js has arrived if it ever does. */
  get contextManager() {
    contextManager.carrier = createZoneCarrier() ?? contextManager.carrier ?? createAsyncContextCarrier();
    return contextManager;
  },
  createTransport: createFetchTransport,
  createEncoder: createTextEncoder,
  segmentAttributes: () => ({}),
};
