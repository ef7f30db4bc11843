// Sends one trace after another to a backend that may misbehave and reports what became of them. Argument: JSON
// { traces, spansPerTrace, gapMs, flushMs, closeMs, options }.
import { setTimeout as sleep } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as SpanStream from '@spanstream/node';

const { traces = 1, spansPerTrace = 1, gapMs = 0, flushMs = 10_000, closeMs, options } = JSON.parse(process.argv[2] ?? '{}');
const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, ...options });
const { tracing } = SpanStream;
const delay = monitorEventLoopDelay({ resolution: 5 });
const flushed = [];
delay.enable();
for (let trace = 0; trace < traces; trace++) {
  tracing.startSpan({ name: `trace ${trace}` }, () => {
    for (let index = 1; index < spansPerTrace; index++) tracing.startSpan({ name: `trace ${trace} span ${index}` }, () => {});
  });
  flushed.push(await SpanStream.flush(flushMs));
  await sleep(gapMs);
}
if (closeMs !== undefined) flushed.push(await SpanStream.close(closeMs));
delay.disable();
console.log(JSON.stringify({ flushed, stats: client.stats(), blockedMs: delay.max / 1e6 }));
