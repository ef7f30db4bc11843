import { init } from '@spanstream/browser';

init({ dsn: 'https://key@ingest.example.com/1', tracesSampleRate: 1 });
