import { init, registerEsmHooks } from '@spanstream/node';
import { otlpSink } from '@spanstream/otlp';

/** The same services with an OTLP receiver instead of a DSN; where it is and what they are called say the variables `OTEL_…`. */
registerEsmHooks();
init({ traceLifecycle: 'stream', tracesSampleRate: 1, sinks: [otlpSink()] });
