import { init, startSpan } from '@sentry/browser';

init({ dsn: 'https://key@ingest.example.com/1', tracesSampleRate: 1 });
startSpan({ name: 'work' }, () => document.title);
