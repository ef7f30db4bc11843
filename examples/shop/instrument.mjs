// Loaded before anything else: `node --import ./instrument.mjs api.mjs`. The DSN comes from SENTRY_DSN.
import * as SpanStream from '@spanstream/node';

SpanStream.init({
  release: 'shop@1.4.0',
  environment: 'demo',
  traceLifecycle: 'stream',
  tracesSampleRate: 1,
  batching: { flushIntervalMs: 1000 }, // instead of 5 s: somebody is watching
});

SpanStream.setGlobalAttributes({ 'service.name': process.env.SERVICE_NAME });
