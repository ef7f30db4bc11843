import { init } from '@spanstream/browser/stream';

init({ dsn: 'https://key@ingest.example.com/1', traceLifecycle: 'stream', tracesSampleRate: 1 });
