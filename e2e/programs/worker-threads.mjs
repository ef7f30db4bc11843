// A main thread and a worker thread, each with a client of its own.
import { isMainThread, Worker } from 'node:worker_threads';
import * as SpanStream from '@spanstream/node';

SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
if (isMainThread) {
  SpanStream.tracing.startSpan({ name: 'main thread' }, () => {});
  const [workerData] = process.argv.slice(2);
  new Worker(new URL(import.meta.url), { workerData }).on('exit', (code) => console.log(`worker ended with ${code}`));
} else {
  SpanStream.tracing.startSpan({ name: 'worker thread' }, () => {});
}
