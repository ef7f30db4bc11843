import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** A program with a delivery in it: `started` spans are open, `pending` envelopes wait; what it does then is the test's. */
const PROGRAM = `
import { setupExitFlush } from ${JSON.stringify(join(import.meta.dirname, 'exit-flush.ts'))};
import { createNodeTransport } from ${JSON.stringify(join(import.meta.dirname, 'node-transport.ts'))};
const url = process.env.URL_;
const headers = { 'Content-Type': 'application/x-sentry-envelope' };
const transport = createNodeTransport({ url });
export const pending = new Set();
export const open = new Set();
export const log = (line) => process._rawDebug(line);
export async function flush(timeoutMs) {
  const sends = [...pending].map((body) => transport.send(url, { method: 'POST', headers, body }).then(() => pending.delete(body), () => {}));
  let timer;
  await Promise.race([Promise.all(sends), new Promise((resolve) => { timer = setTimeout(resolve, timeoutMs); timer.unref(); })]);
  clearTimeout(timer);
  return pending.size === 0;
}
export const setup = () => setupExitFlush({
  exitFlush: process.env.EXIT_FLUSH !== 'false',
  hasPending: () => pending.size > 0,
  settled: () => -pending.size,
  flush,
  endOpenSpans(reason) { for (const name of open) pending.add(name + ':' + reason); open.clear(); },
  takeUnsentEnvelopes: () => ({ url, headers, bodies: [...pending], settle: (wasDelivered) => log('settled ' + wasDelivered.filter(Boolean).length) }),
  onFault: (error) => log('fault ' + error),
});
export const exitFlush = setup();
`;

/** Generous: what is proved is that all arrive, each once. */
const RUN_TIMEOUT_MS = 30_000;

let folder = '';
let received: string[] = [];
let port = 0;
let isHanging = false;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      if (isHanging) return;
      received.push(Buffer.concat(chunks).toString());
      response.end('{}');
    });
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanstream-exit-'));
  // Beside the sources' dependencies, so that undici is found.
  buildSync({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'program.mjs'),
    define: { __SDK_VERSION__: '"0.0.0"' },
    logLevel: 'error',
    banner: { js: "import { createRequire as bannerRequire } from 'node:module'; const require = bannerRequire(import.meta.url);" },
  });
  buildSync({ entryPoints: [join(import.meta.dirname, 'exit-hand-over.ts')], format: 'esm', outfile: join(folder, 'hand-over.mjs') });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  received = [];
  isHanging = false;
});
afterEach(() => server.closeAllConnections());

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  tookMs: number;
}

/** Runs the code after the program's start; `onReady` is called when it logs `ready`. */
function run(
  code: string,
  options: { env?: Record<string, string>; execArgv?: string[]; onReady?: (kill: (signal: NodeJS.Signals) => boolean) => void } = {},
): Promise<Ending> {
  const file = join(folder, `case-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(file, `import { pending, open, flush, log, setup, exitFlush } from './program.mjs';\n${code}`);
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const child = spawn(process.execPath, [...(options.execArgv ?? []), file], {
      env: { ...process.env, URL_: `http://127.0.0.1:${port}/api/1/envelope/`, ...options.env },
    });
    let output = '';
    const onData = (chunk: Buffer): void => {
      const wasReady = output.includes('ready');
      output += chunk.toString();
      if (!wasReady && output.includes('ready')) options.onReady?.((signal) => child.kill(signal));
    };
    child.stderr.on('data', onData);
    child.stdout.on('data', onData);
    child.on('close', (exitCode, signal) => resolve({ code: exitCode, signal, output, tookMs: performance.now() - startedMs }));
  });
}

describe('a natural exit', () => {
  it('R31: delivers everything and keeps the exit code', async () => {
    const ending = await run("pending.add('a'); pending.add('b'); process.exitCode = 3;");
    expect(ending).toMatchObject({ code: 3, signal: null, output: '' });
    expect(received.sort()).toEqual(['a', 'b']);
  });

  it('R31: gives up on a hanging backend after 2 s', async () => {
    isHanging = true;
    const ending = await run("pending.add('a');");
    expect(ending).toMatchObject({ code: 0, output: '' });
    expect(ending.tookMs).toBeGreaterThan(1900);
    expect(ending.tookMs).toBeLessThan(3500);
  });

  it('R31: a send under way never keeps the process alive', async () => {
    isHanging = true;
    const ending = await run("pending.add('a'); void flush(60_000); setTimeout(() => pending.clear(), 100);");
    expect(ending.code).toBe(0);
    expect(ending.tookMs).toBeLessThan(1900);
  });
});

describe('signals', () => {
  it.each([['SIGTERM'], ['SIGINT']] as const)('R31: %s flushes, then kills with its usual status', async (signal) => {
    const ending = await run("pending.add('a'); open.add('b'); setInterval(() => {}, 1000); log('ready');", {
      onReady: (kill) => kill(signal),
    });
    expect(ending).toMatchObject({ code: null, signal });
    expect(received.sort()).toEqual(['a', 'b:process_exit']);
  });

  it("R31: is the application's when it has a handler, also one for once that was registered before ours", async () => {
    const preload = join(folder, 'handler.mjs');
    const register = "process.once('SIGTERM', () => { process._rawDebug('mine'); process.exit(7); });";
    writeFileSync(preload, register);
    for (const [code, execArgv] of [
      [register, []],
      ['', ['--import', preload]],
    ] as const) {
      received = [];
      const ending = await run(`${code} pending.add('a'); setInterval(() => {}, 1000); log('ready');`, {
        execArgv: [...execArgv],
        onReady: (kill) => kill('SIGTERM'),
      });
      expect(ending).toMatchObject({ code: 7, signal: null });
      expect(ending.output).toContain('mine');
      expect(received).toEqual(['a']);
    }
  });

  it('R31: dies within 2 s on a hanging backend, at once on a second signal', async () => {
    isHanging = true;
    const code = "pending.add('a'); setInterval(() => {}, 1000); log('ready');";
    const patient = await run(code, { onReady: (kill) => kill('SIGTERM') });
    expect(patient).toMatchObject({ signal: 'SIGTERM' });
    expect(patient.tookMs).toBeLessThan(3500);
    const twice = await run(code, {
      onReady: (kill) => {
        // Signals that come before the first is handled count as one, so they go on until the process is gone.
        const again = setInterval(() => kill('SIGTERM') || clearInterval(again), 20);
      },
    });
    expect(twice).toMatchObject({ signal: 'SIGTERM' });
    expect(twice.tookMs).toBeLessThan(1900);
  });
});

describe('process.exit and uncaught exceptions', () => {
  it('R31: process.exit hands over what a client that closes has not sent', async () => {
    const ending = await run("pending.add('a'); exitFlush.release(); void flush(2000); process.exit(5);");
    expect(ending).toMatchObject({ code: 5, output: 'settled 1\n' });
    expect(received).toContain('a');
  });

  it('R31: however many clients close, there is one listener for what they have not sent', async () => {
    const ending = await run(`
      pending.add('a');
      const before = process.listenerCount('exit');
      const others = Array.from({ length: 20 }, () => { const other = setup(); other.release(); return other; });
      log(process.listenerCount('exit') - before);
      for (const other of others) other.teardown();
      log(process.listenerCount('exit') - before);
    `);
    expect(ending.output).toBe('1\n0\n');
  });

  it('R31: a client with nothing to send listens no longer than until it closes', async () => {
    const ending = await run(`
      const count = () => ['exit', 'beforeExit', 'uncaughtExceptionMonitor', 'SIGTERM', 'SIGINT'].map((event) => process.listenerCount(event));
      const before = count();
      exitFlush.release();
      log(count().map((listeners, i) => listeners - before[i]).join());
    `);
    expect(ending.output).toBe('-1,-1,-1,-1,-1\n');
  });

  it('R31: process.exit hands over what is buffered and ends open spans, with its code', async () => {
    const ending = await run("pending.add('a'); open.add('b'); process.exit(5);");
    expect(ending).toMatchObject({ code: 5, output: 'settled 2\n' });
    expect(received.sort()).toEqual(['a', 'b:process_exit']);
  });

  it('R31: an uncaught exception is told apart and still prints and kills', async () => {
    for (const failure of ["throw new Error('boom');", "Promise.reject(new Error('boom'));"]) {
      received = [];
      const ending = await run(`open.add('b'); setImmediate(() => { ${failure} });`);
      expect(ending.code).toBe(1);
      expect(ending.output).toContain('boom');
      expect(received).toEqual(['b:uncaught_exception']);
    }
    received = [];
    await run(
      "process.on('uncaughtException', () => {}); open.add('b'); setImmediate(() => { throw new Error('boom'); }); setTimeout(() => process.exit(0), 50);",
    );
    expect(received).toEqual(['b:process_exit']);
  });

  it('R31: hundreds of envelopes leave within the second of an exit', async () => {
    const ending = await run("for (let count = 0; count < 300; count++) pending.add(count + 'x'.repeat(1500)); process.exit(0);");
    expect(ending.output).toBe('settled 300\n');
    expect(new Set(received).size).toBe(300);
  });

  it('R31: thousands of envelopes leave in one hand-over, however long it takes', async () => {
    const ending = await run(`
      import { handOverSync } from './hand-over.mjs';
      const bodies = Array.from({ length: 2000 }, (_, index) => index + 'x'.repeat(1500));
      const accepted = handOverSync({ url: process.env.URL_, headers: { 'Content-Type': 'text/plain' }, bodies }, ${RUN_TIMEOUT_MS});
      log('accepted ' + accepted.filter(Boolean).length);
    `);
    expect(ending.output).toBe('accepted 2000\n');
    expect(new Set(received).size).toBe(2000);
    expect(received).toHaveLength(2000);
  });

  it('R31: a hanging or refusing backend costs a second at most', async () => {
    isHanging = true;
    const hanging = await run(
      "pending.add('a'); const start = performance.now(); process.on('exit', () => log('exit after ' + (performance.now() - start < 1500))); process.exit(5);",
    );
    expect(hanging).toMatchObject({ code: 5, output: 'settled 0\nexit after true\n' });
    const refusing = await run("pending.add('a'); process.exit(5);", { env: { URL_: 'http://127.0.0.1:1/' } });
    expect(refusing).toMatchObject({ code: 5, output: 'settled 0\n' });
  });

  it('R31: does nothing with nothing buffered or with exitFlush off', async () => {
    expect((await run('process.exit(5);')).output).toBe('');
    expect((await run("pending.add('a'); process.exit(5);", { env: { EXIT_FLUSH: 'false' } })).output).toBe('');
    expect(received).toEqual([]);
  });

  it('R31: a thread of the application hands over its own', async () => {
    const ending = await run(`
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else { pending.add('a'); open.add('b'); process.exit(0); }`);
    expect(ending).toMatchObject({ code: 0, output: 'settled 2\n' });
    expect(received.sort()).toEqual(['a', 'b:process_exit']);
  });

  it('R31: the hand-over does not run what the application imports first', async () => {
    const preload = join(folder, 'preload.mjs');
    writeFileSync(preload, "process._rawDebug('preloaded');");
    const viaFlag = await run("pending.add('a'); process.exit(0);", { execArgv: ['--import', preload] });
    const viaEnvironment = await run("pending.add('a'); process.exit(0);", { env: { NODE_OPTIONS: `--import ${preload}` } });
    for (const ending of [viaFlag, viaEnvironment]) expect(ending.output).toBe('preloaded\nsettled 1\n');
  });
});
