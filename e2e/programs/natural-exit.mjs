// Records spans and has nothing more to do. Arguments: how many spans, which exit code (none: left alone).
import * as SpanStream from '@spanstream/node';

const [spanCount = '1', exitCode] = process.argv.slice(2);
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
for (let index = 0; index < Number(spanCount); index++) SpanStream.tracing.startSpan({ name: `work ${index}` }, () => {});
if (exitCode !== undefined) process.exitCode = Number(exitCode);
console.log(`done ${Date.now()}`);
