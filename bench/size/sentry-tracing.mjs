import { browserTracingIntegration, init } from '@sentry/browser';

init({ dsn: 'https://key@ingest.example.com/1', tracesSampleRate: 1, integrations: [browserTracingIntegration()] });
