import { spanstream } from '@spanstream/browser/rollup';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../../packages/browser/test-context/build-page.mjs';
import { samplePlans } from '../../packages/browser/test-context/plans.mjs';

interface Verdict {
  readonly plans: number;
  readonly spans: number;
  readonly exact: number;
  readonly marked: number;
  readonly wrong: number;
  readonly examples: string[];
}

/** In the page: what the bundle and the browser have. */
declare const page: { judgeParents(plans: object[]): Promise<Verdict> };

const SEED = Number(process.env['SPANSTREAM_TEST_SEED'] ?? Date.now() % 1e9);
const EXACT = { wrong: 0, marked: 0 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'],
  });
});
afterAll(() => browser.close());

/** Whether the page's own functions are still there, by name. */
const findReplaced = (): string[] => {
  const isNative = (value: unknown): boolean => Function.prototype.toString.call(value).includes('[native code]');
  const { Promise, setTimeout, setInterval, queueMicrotask, requestAnimationFrame, fetch, XMLHttpRequest, EventTarget, History } = window;
  const all = {
    Promise,
    then: Promise.prototype.then,
    setTimeout,
    setInterval,
    queueMicrotask,
    requestAnimationFrame,
    fetch,
    send: XMLHttpRequest.prototype.send,
    addEventListener: EventTarget.prototype.addEventListener,
    pushState: History.prototype.pushState,
  };
  return Object.entries(all)
    .filter(([, value]) => !isNative(value))
    .map(([name]) => name);
};

async function judge(label: string, build: object, plans: object[]): Promise<Verdict & { readonly replaced: string[] }> {
  const tab = await browser.newPage();
  try {
    await tab.addScriptTag({ content: await buildPage(build) });
    const verdict = await tab.evaluate((given) => page.judgeParents(given), plans);
    const replaced = await tab.evaluate(findReplaced);
    const { spans, exact, marked, wrong } = verdict;
    console.log(
      `${label}: ${plans.length} interleavings (seed ${SEED}), ${spans} spans: ${exact} exact, ${marked} below the root and marked, ${wrong} wrong`,
    );
    return { ...verdict, replaced };
  } finally {
    await tab.close();
  }
}

describe(`parents of 2 to 8 interleaved flows in Chromium, seed ${SEED}`, { timeout: 180_000 }, () => {
  test('are never wrong with native async functions and no help; R36: the page keeps its own functions', async () => {
    const plans = samplePlans(1000, SEED, { blocks: 'outside branches', later: true, inPage: true });
    expect(await judge('native', {}, plans)).toMatchObject({ wrong: 0, replaced: [] });
  });

  test('are exact with the plugin; R36: the page keeps its own functions', async () => {
    const plans = samplePlans(1000, SEED, { blocks: 'everywhere' });
    expect(await judge('plugin', { plugin: spanstream() }, plans)).toMatchObject({ ...EXACT, replaced: [] });
  });

  test('are exact with zone.js and lowered functions, through timers, promises, events, frames, fetch and XMLHttpRequest', async () => {
    const plans = samplePlans(300, SEED, { later: true, inPage: true });
    expect(await judge('zone.js, lowered', { zone: true, isLowered: true }, plans)).toMatchObject(EXACT);
  });

  test('are never wrong with zone.js and native async functions', async () => {
    const plans = samplePlans(100, SEED, { blocks: 'outside branches', later: true, inPage: true });
    expect(await judge('zone.js, native', { zone: true }, plans)).toMatchObject({ wrong: 0 });
  });
});
