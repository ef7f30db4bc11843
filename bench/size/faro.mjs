import { getWebInstrumentations, initializeFaro } from '@grafana/faro-web-sdk';
import { TracingInstrumentation } from '@grafana/faro-web-tracing';

initializeFaro({
  url: 'https://ingest.example.com/collect',
  app: { name: 'shop' },
  instrumentations: [...getWebInstrumentations(), new TracingInstrumentation()],
});
