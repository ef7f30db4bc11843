// Works until a signal comes. Argument: `handled` or `exiting`, when the application has a handler of its own, which
// ends its work or calls process.exit(); `quiet`, when nothing is to be sent.
import * as SpanStream from '@spanstream/node';

const [mode] = process.argv.slice(2);
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
if (mode !== 'quiet') {
  SpanStream.tracing.startSpan({ name: 'finished' }, () => {});
  SpanStream.tracing.startSpan({ name: 'under way', active: false });
}
const work = setInterval(() => {}, 1000);
if (mode === 'handled' || mode === 'exiting') {
  const stop = (signal) => {
    console.log(`stopping on ${signal}`);
    process.exitCode = 5;
    clearInterval(work);
    if (mode === 'exiting') process.exit();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}
console.log('ready');
