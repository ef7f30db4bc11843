// Works and ends without a flush; where to is in OTEL_EXPORTER_OTLP_*. Arguments: how it ends, and how many spans.
import * as SpanStream from '@spanstream/node';
import { otlpSink } from '@spanstream/otlp';

const [how = 'naturally', spanCount = '3'] = process.argv.slice(2);
SpanStream.init({ release: 'shop@1.4.0', traceLifecycle: 'stream', tracesSampleRate: 1, sinks: [otlpSink()] });
const { startSpan } = SpanStream.tracing;
startSpan({ name: 'GET /orders/:id', attributes: { 'sentry.op': 'http.server', rows: 3, share: 0.5, tags: ['a', 'b'] } }, (span) => {
  console.log(span.spanContext().traceId);
  for (let index = 1; index < Number(spanCount); index++) startSpan({ name: `step ${index}` }, () => {});
});
if (how === 'at once') process.exit(0);
if (how === 'by signal') setInterval(() => console.log('waiting'), 100);
else console.log(`done ${Date.now()}`);
