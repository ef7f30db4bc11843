// Recording, delivering and holding an open span, yet with nothing to do: must not stay. Argument: `flushed`, when the backend is to be used before.
import * as SpanStream from '@spanstream/node';

SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
if (process.argv[2] === 'flushed') {
  SpanStream.tracing.startSpan({ name: 'flushed' }, () => {});
  await SpanStream.flush();
}
SpanStream.tracing.startSpan({ name: 'never ended', active: false });
console.log(`done ${Date.now()}`);
