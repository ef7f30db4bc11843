// Exits while a client is still closing. Argument: what closes it, `close` or a second `init`.
import * as SpanStream from '@spanstream/node';

const options = { traceLifecycle: 'stream', tracesSampleRate: 1 };
SpanStream.init(options);
SpanStream.tracing.startSpan({ name: 'first', active: false }).end();
if (process.argv[2] === 'close') void SpanStream.close();
else {
  SpanStream.init(options);
  SpanStream.tracing.startSpan({ name: 'second', active: false }).end();
}
process.exit(4);
