// An application that handles its uncaught exceptions itself and lives on.
import * as SpanStream from '@spanstream/node';

SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
process.on('uncaughtException', (error) => {
  console.log(`handled ${error.message}`);
  SpanStream.tracing.startSpan({ name: 'after' }, () => {});
});
setTimeout(() => {
  SpanStream.tracing.startSpan({ name: 'before' }, () => {});
  throw new Error('a bad day');
});
