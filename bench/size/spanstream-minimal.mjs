import { init, tracing } from '@spanstream/browser/bare';

init({ dsn: 'https://key@ingest.example.com/1', traceLifecycle: 'stream', tracesSampleRate: 1 });
tracing.startSpan({ name: 'work' }, () => document.title);
