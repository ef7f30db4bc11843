import { init } from '@spanstream/browser';

init({ dsn: 'https://key@ingest.example.com/1', traceLifecycle: 'stream', tracesSampleRate: 1 });
