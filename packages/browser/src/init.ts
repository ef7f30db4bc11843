import { allLifecycles, type Client, init as initCore, type Integration, type Lifecycles, type Options } from '@spanstream/core';
import { takeFetch } from './fetch-transport.ts';
import { fetchIntegration } from './instrument/fetch.ts';
import { navigationIntegration } from './instrument/navigation.ts';
import { pageLoadIntegration } from './instrument/page-load.ts';
import { workerIntegration } from './instrument/propagate-to.ts';
import { webVitalsIntegration } from './instrument/web-vitals.ts';
import { xhrIntegration } from './instrument/xhr.ts';
import { setupPageExit } from './page-exit.ts';
import { browserPlatform } from './platform.ts';

/**
 * Starts the SDK in a page or a worker.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  return start(options, defaultIntegrations, allLifecycles);
}

/** As `init`, with other defaults: what is not named here need not be in the page's bundle. */
export function start(options: Options, integrations: () => Integration[], lifecycles: Lifecycles): Client {
  takeFetch();
  const client = initCore(options, { platform: browserPlatform, env: {}, defaultIntegrations: integrations, lifecycles });
  if (client.options.enabled) client.addTeardown(setupPageExit(client));
  return client;
}

/** What `init` sets up unless told otherwise. */
export function defaultIntegrations(): Integration[] {
  return [
    pageLoadIntegration(),
    navigationIntegration(),
    fetchIntegration(),
    xhrIntegration(),
    webVitalsIntegration(),
    workerIntegration(),
  ];
}
