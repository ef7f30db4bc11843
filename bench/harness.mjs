import { fork, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const KEY = '0123456789abcdef0123456789abcdef';
const DEADLINE_MS = 180_000;
/** A process that has not ended this long after `close(2000)` began is taken for one that stays. */
export const STAYS_MS = 60_000;

// Nothing of the caller's environment may configure an SDK.
const cleanEnvironment = () => {
  const kept = Object.entries(process.env).filter(
    ([key]) => !/^(SENTRY|OTEL|DD)_|^(NODE_OPTIONS|HTTP_PROXY|HTTPS_PROXY|ALL_PROXY)$/i.test(key),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', NO_PROXY: '127.0.0.1' };
};

export function startReceiver() {
  const child = fork(path('receiver.mjs'), { env: cleanEnvironment(), execArgv: ['--max-old-space-size=8192'] });
  let nextId = 0;
  const waiting = new Map();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`receiver ended with ${code}`)));
    child.on('message', (message) => {
      if (message.port) {
        resolve({
          port: message.port,
          hangingPort: message.hangingPort,
          collect: (verify) =>
            new Promise((done) => {
              const id = nextId++;
              waiting.set(id, done);
              child.send({ id, command: 'collect', verify });
            }),
          stop: () => child.disconnect(),
        });
      } else {
        waiting.get(message.id)?.(message.summary);
        waiting.delete(message.id);
      }
    });
  });
}

/** A port that nothing listens on. */
export const refusingPort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Another name of this machine: to one that it does not know SDKs send as they do to any far host, compressed. */
const FAR = '[::ffff:127.0.0.1]';

const endpointsOf = (port, isFar) => ({
  dsn: `http://${KEY}@${isFar ? FAR : '127.0.0.1'}:${port}/1`,
  otlpUrl: `http://127.0.0.1:${port}/v1/traces`,
  agentUrl: `http://127.0.0.1:${port}`,
});

/** Runs one adapter through one workload in a fresh process and returns what both sides saw. */
export async function runOnce({ adapter, workload, module, size, receiver, verify = false, nodeFlags = [], isFar = false }) {
  const port = module.backend === 'refusing' ? await refusingPort() : module.backend === 'hanging' ? receiver.hangingPort : receiver.port;
  const endpoints = endpointsOf(port, isFar);
  const env = { ...cleanEnvironment(), BENCH_DSN: endpoints.dsn, BENCH_OTLP_URL: endpoints.otlpUrl, BENCH_AGENT_URL: endpoints.agentUrl };
  const cold = workload === 'cold-start';
  const script = cold
    ? [path(adapter === 'none' ? 'cold/none.cjs' : `cold/${adapter}.mjs`)]
    : [path('child.mjs'), JSON.stringify({ adapter, workload, size, endpoints })];
  const lines = await spawnAndListen([...nodeFlags, ...(module.nodeFlags ?? []), ...script], env, size);
  const summary = await receiver.collect(verify);
  const result = lines.find((line) => line.event === 'result');
  const closing = lines.find((line) => line.event === 'closing');
  const exit = lines.find((line) => line.event === 'exit');
  return {
    ...result,
    delivered: summary.spans,
    requests: summary.requests,
    bytes: summary.bytes,
    unreadable: summary.unreadable,
    problems: summary.problems,
    ...(summary.verified ? { verified: summary.verified } : {}),
    peakRss: exit?.peakRss ?? closing?.peakRss ?? result.peakRss ?? result.rss,
    ...(closing ? { goneMs: lines.exitedAt - closing.seenAt, rssAtClose: closing.peakRss } : {}),
  };
}

function spawnAndListen(args, env, size) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    let pending = '';
    let errors = '';
    let deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      pending += text;
      const complete = pending.split('\n');
      pending = complete.pop();
      for (const line of complete) {
        if (!line.startsWith('@bench ')) continue;
        const event = { ...JSON.parse(line.slice(7)), seenAt: performance.now() };
        lines.push(event);
        if (event.event === 'closing') {
          clearTimeout(deadline);
          deadline = setTimeout(() => child.kill('SIGKILL'), STAYS_MS);
        }
        if (event.event === 'listening') startLoad(event.port, size, env).catch(() => child.kill('SIGKILL'));
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-4000);
    });
    child.on('exit', () => {
      lines.exitedAt = performance.now();
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (lines.some((line) => line.event === 'result')) resolve(lines);
      else reject(new Error(`exit code ${code}, signal ${signal}\n${errors}`));
    });
  });
}

function startLoad(port, { requests, connections }, env) {
  return new Promise((resolve, reject) => {
    const load = spawn(process.execPath, [path('load.mjs'), port, requests, connections].map(String), { env, stdio: 'inherit' });
    load.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`load generator exited with ${code}`))));
  });
}
