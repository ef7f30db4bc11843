// A process with children of each kind. Each has a client of its own, goes on with the trace and drains before it ends.
import { execFile, fork, spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { isMainThread, Worker } from 'node:worker_threads';
import * as SpanStream from '@spanstream/node';

const { tracing } = SpanStream;
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const kind = process.env.KIND;
const file = new URL(import.meta.url).pathname;
const env = (name) => ({ ...process.env, KIND: name });

if (kind !== undefined || !isMainThread || cluster.isWorker) {
  const name = isMainThread ? (kind ?? 'cluster') : 'worker';
  tracing.startSpan({ name: `${name} first` }, () => tracing.startSpan({ name: `${name} inner` }, () => {}));
  tracing.startSpan({ name: `${name} second` }, () => {});
  if (cluster.isWorker) cluster.worker.disconnect();
} else {
  await tracing.startSpan({ name: 'parent' }, async () => {
    const started = [
      spawn(process.execPath, [file], { env: env('spawn'), stdio: 'inherit' }),
      fork(file, { env: env('fork') }),
      execFile(process.execPath, [file], { env: env('execFile') }),
      new Worker(file, { workerData: SpanStream.traceWorkerData({ own: 1 }) }),
      cluster.fork(),
    ];
    await Promise.all(started.map((child) => once(child, 'exit')));
  });
  const own = spawn(process.execPath, [file], { env: { ...env('own'), TRACEPARENT: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` } });
  const orphan = spawn(process.execPath, [file], { env: env('orphan') });
  await Promise.all([once(own, 'exit'), once(orphan, 'exit')]);
}
