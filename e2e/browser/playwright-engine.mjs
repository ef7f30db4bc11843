import { fileURLToPath } from 'node:url';
import { chromium, firefox } from 'playwright-core';
import { CHROMIUM } from './installed.mjs';
import { killAll, listDescendants } from './processes.mjs';

const CHROMIUM_ARGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'];

/** Chromium with its back/forward cache, which Playwright would switch off. */
export async function startChromium() {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: CHROMIUM_ARGS,
  });
  const crash = async (page) => {
    const session = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    // The answer to it never comes: the process that would give it is gone.
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close();
  };
  return createEngine('Chromium', browser, crash);
}

/** Debian's Firefox over WebDriver BiDi. */
export async function startFirefox() {
  const executablePath = fileURLToPath(new URL('firefox-that-survives.sh', import.meta.url));
  const browser = await firefox.launch({ channel: 'moz-firefox', executablePath });
  const crash = async (page) => {
    const ended = page.waitForEvent('close');
    killAll(listDescendants().filter(({ name }) => name.startsWith('Isolated Web')));
    await Promise.all([ended, page.close()]);
  };
  return createEngine('Firefox', browser, crash);
}

async function createEngine(name, browser, crash) {
  const context = await browser.newContext();
  // A window that stays, so that closing a tab never closes the browser.
  await context.newPage();
  return {
    name,
    version: browser.version(),
    keepsStorageAfterCrash: true,
    openTab: async () => createTab(await context.newPage(), crash),
    setOffline: (isOffline) => context.setOffline(isOffline),
    close: () => browser.close(),
  };
}

const TRAVEL_MS = 3000;

function createTab(page, crash) {
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  return {
    page,
    goto: async (url) => void (await page.goto(url)),
    // Not `goBack`: it waits for a load, which a page out of the back/forward cache never has.
    back: () => travel(page, -1),
    forward: () => travel(page, 1),
    reload: async () => void (await page.reload()),
    evaluate: (script, argument) => page.evaluate(script, argument),
    close: () => page.close(),
    crash: () => crash(page),
    errors: () => errors,
  };
}

/** Until the driver has heard of it, too: what it runs before then is lost with the page that it thinks it is on. */
async function travel(page, steps) {
  const before = page.url();
  await page.evaluate((count) => void setTimeout(() => history.go(count)), steps);
  // Firefox's driver never hears of a page out of the cache, and runs what it is given all the same.
  const heard = page.waitForURL((url) => url.href !== before, { waitUntil: 'commit', timeout: TRAVEL_MS });
  await heard.catch(() => undefined);
}
