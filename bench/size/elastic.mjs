import { init } from '@elastic/apm-rum';

init({ serviceName: 'shop', serverUrl: 'https://ingest.example.com' });
