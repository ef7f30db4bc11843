import { datadogRum } from '@datadog/browser-rum';

datadogRum.init({ applicationId: 'id', clientToken: 'token', site: 'datadoghq.com', trackResources: true });
