import { existsSync } from 'node:fs';
import { startChromium, startFirefox } from './playwright-engine.mjs';
import { startWebKit } from './webkit-engine.mjs';
import { CHROMIUM, FIREFOX, MINI_BROWSER, WEBKIT_DRIVER, XVFB } from './installed.mjs';

/**
 * A tab of a real engine.
 * @typedef {object} Tab
 * @property {(url: string) => Promise<void>} goto
 * @property {() => Promise<void>} back What the button does; resolves at once: the page tells when it is shown.
 * @property {() => Promise<void>} forward
 * @property {() => Promise<void>} reload
 * @property {<T, A>(script: (argument: A) => T | Promise<T>, argument?: A) => Promise<T>} evaluate
 * @property {() => Promise<void>} close As a user closes a tab: the page gets its events.
 * @property {() => Promise<void>} crash Ends the process that runs the page. In WebKit it takes the whole session with it.
 * @property {() => string[]} errors What the console showed as errors.
 */

/**
 * Tabs of one engine share one profile: storage outlives a tab and ends with the engine.
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} version
 * @property {() => Promise<Tab>} openTab
 * @property {(isOffline: boolean) => Promise<void>} [setOffline] WebDriver knows none, so WebKit has none.
 * @property {boolean} keepsStorageAfterCrash
 * @property {() => Promise<void>} close
 */

/** @type {{ name: string, files: string[], start(): Promise<Engine> }[]} */
export const engines = [
  { name: 'Chromium', files: [CHROMIUM], start: startChromium },
  { name: 'Firefox', files: [FIREFOX], start: startFirefox },
  { name: 'WebKit', files: [WEBKIT_DRIVER, MINI_BROWSER, XVFB], start: startWebKit },
];

/**
 * Why this machine cannot run an engine. CI has to: there a missing engine is an error.
 * @param {{ name: string, files: string[] }} engine
 * @returns {string | undefined}
 */
export function reasonToSkip({ name, files }) {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length === 0) return undefined;
  const reason = `${name} is not installed (${missing.join(', ')})`;
  if (process.env.CI !== undefined && process.env.CI !== 'false') throw new Error(`${reason}; CI must run it`);
  console.warn(`skipped: ${reason}`);
  return reason;
}
