// Dies in the middle of its work. Arguments: how, and `off` to start without exitFlush.
import { setTimeout as sleep } from 'node:timers/promises';
import * as SpanStream from '@spanstream/node';

const [how, exitFlush] = process.argv.slice(2);
const ways = {
  exit: () => process.exit(4),
  'exit in a timer': () => sleep(1).then(() => process.exit(4)),
  throw: () => {
    throw new TypeError('the till is empty');
  },
  reject: () => void Promise.reject(new TypeError('the till is empty')),
};
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, exitFlush: exitFlush !== 'off' });
SpanStream.tracing.startSpan({ name: 'finished' }, () => {});
// A timer's error is nobody's to catch.
setTimeout(() => {
  const request = SpanStream.tracing.startSpan({ name: 'request' });
  request.setAttribute('cart.items', 3);
  SpanStream.tracing.startSpan({ name: 'query' });
  console.log(`dying ${Date.now()}`);
  return ways[how]();
});
