// Starts the viewer, two services and some customers. Options: --port N for the viewer, --seconds N to end by itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startViewer } from '@spanstream/viewer';
import { showCount } from './live-count.mjs';
import { startTraffic } from './traffic.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4280' }, seconds: { type: 'string' } } });
const instrument = new URL('instrument.mjs', import.meta.url).href;

const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
const viewer = await openViewer(Number(values.port));
const worker = await startService('worker', {});
const api = await startService('api', { WORKER_URL: worker.url });
const stopTraffic = startTraffic(api.url);

console.log(`\n  The shop is open. Its traces arrive at  ${viewer.url}\n  Visit it at  ${api.url}  and press Buy. Ctrl+C closes it.\n`);
const stopCount = showCount(viewer);

await Promise.race([interrupted, ...(values.seconds ? [sleep(Number(values.seconds) * 1000)] : [])]);

stopTraffic();
await Promise.all([stopService(api), stopService(worker)]);
stopCount();
await viewer.close();
process.exit();

async function openViewer(port) {
  try {
    return await startViewer({ port });
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log(`Port ${port} is taken, maybe by another viewer; taking a free one.`);
    return startViewer({ port: 0 });
  }
}

/** A service is a process of its own, instrumented from outside. */
async function startService(name, env) {
  const child = fork(new URL(`${name}.mjs`, import.meta.url), {
    execArgv: ['--import', instrument],
    env: { ...process.env, ...env, SERVICE_NAME: name, SENTRY_DSN: viewer.dsn },
  });
  const started = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`the service ${name} ended with ${child.exitCode}`);
  return { child, url: started[0].url };
}

/** The SDK delivers what is left, then the service ends of the signal. */
async function stopService({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
