import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { MINI_BROWSER, WEBKIT_DRIVER, XVFB } from './installed.mjs';
import { killAll, listDescendants } from './processes.mjs';
import { createWebDriver } from './webdriver.mjs';

const START_MS = 20_000;
const CONSOLE_ERROR = /^CONSOLE (?:JS )?(?:\S+ )?ERROR (.*)$/gm;

/** WebKitGTK's MiniBrowser in a virtual screen, over classic WebDriver. */
export async function startWebKit() {
  const host = await startDriver();
  const driver = createWebDriver(host.url);
  let home = '';
  let version = '';
  const startSession = async () => {
    const args = ['--automation', '--enable-write-console-messages-to-stdout=true'];
    const capabilities = await driver.startSession({ 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args } });
    version = capabilities.browserVersion;
    home = await driver.currentWindow();
  };
  await startSession();
  return {
    name: 'WebKit',
    get version() {
      return version;
    },
    // The driver ends its session with the crashed page, and with the session its storage.
    keepsStorageAfterCrash: false,
    openTab: async () => {
      const older = new Set(webProcesses().map(({ pid }) => pid));
      // A window of its own: a new tab of MiniBrowser stays in the background, hidden from its first moment.
      const handle = await driver.openWindow();
      const crash = async () => {
        killAll(webProcesses().filter(({ pid }) => !older.has(pid)));
        await driver.switchTo(home).catch(() => undefined);
        await driver.endSession().catch(() => undefined);
        await startSession();
      };
      return createTab(driver, { handle, home: () => home, crash, output: host.output });
    },
    close: async () => {
      await driver.endSession().catch(() => undefined);
      await host.stop();
    },
  };
}

function createTab(driver, { handle, home, crash, output }) {
  const outputBefore = output().length;
  const here = async (command) => {
    await driver.switchTo(handle);
    return command();
  };
  const execute = (script, argument) => here(() => driver.execute(script, argument));
  return {
    goto: (url) => here(() => driver.goto(url)),
    back: () => execute('() => void setTimeout(() => history.back())'),
    forward: () => execute('() => void setTimeout(() => history.forward())'),
    reload: () => here(() => driver.reload()),
    evaluate: execute,
    close: async () => {
      await here(() => driver.closeWindow());
      await driver.switchTo(home());
    },
    crash,
    errors: () => [...output().slice(outputBefore).matchAll(CONSOLE_ERROR)].map(([, text]) => text),
  };
}

const webProcesses = () => listDescendants().filter(({ name }) => name.startsWith('WebKitWebProces'));

/** The driver and the screen it needs; both end with us. */
async function startDriver() {
  const screen = await startScreen();
  const port = await findFreePort();
  let output = '';
  const env = { ...process.env, DISPLAY: screen.display };
  const child = spawn(WEBKIT_DRIVER, [`--port=${port}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const url = `http://127.0.0.1:${port}`;
  const stopDriver = endWithUs(child);
  await untilReady(url, () => `${child.exitCode} ${output}`);
  const stop = async () => {
    await stopDriver();
    await screen.stop();
  };
  return { url, output: () => output, stop };
}

/** Xvfb finds a free display itself and writes its number to the pipe it is given. */
async function startScreen() {
  const child = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const stop = endWithUs(child);
  const [number] = await once(child.stdio[3], 'data', { signal: AbortSignal.timeout(START_MS) });
  return { display: `:${String(number).trim()}`, stop };
}

function endWithUs(child) {
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  return async () => {
    process.off('exit', end);
    const exited = once(child, 'exit');
    end();
    await exited;
  };
}

async function untilReady(url, tell) {
  const driver = createWebDriver(url);
  const deadline = Date.now() + START_MS;
  for (;;) {
    // Nothing says when it listens: asked until it answers.
    if (await driver.isReady().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`WebKitWebDriver does not answer: ${tell()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
