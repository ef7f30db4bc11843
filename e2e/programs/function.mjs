import { existsSync } from 'node:fs';
import * as SpanStream from '@spanstream/node';

// As a serverless platform does: one invocation, and the process is frozen as soon as there is a result, until `thaw<n>` is there.
const [events, directory] = process.argv.slice(2);
const turn = new Int32Array(new SharedArrayBuffer(4));
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const handler = SpanStream.flushAfter(async (event) => {
  await SpanStream.tracing.startSpan({ name: `invocation ${event.id}` }, async () => {
    SpanStream.tracing.startSpan({ name: `query ${event.id}` }, () => {});
    if (event.fails) throw new TypeError('the till is empty');
  });
  return { id: event.id };
}, 1000);

for (const [i, event] of JSON.parse(events).entries()) {
  let result;
  try {
    result = await handler(event);
  } catch (error) {
    result = { error: error.message };
  }
  console.log(`result ${JSON.stringify(result)}`);
  // The event loop stands still: nothing leaves, no timer fires.
  while (!existsSync(`${directory}/thaw${i}`)) Atomics.wait(turn, 0, 0, 10);
}
console.log(`stats ${JSON.stringify(SpanStream.getClient().stats())}`);
