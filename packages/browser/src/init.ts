import { type Client, init as initCore, type Integration, type Options } from '@spanstream/core';
import { browserPlatform } from './platform.ts';

/**
 * Starts the SDK in a page or a worker.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  return start(options, defaultIntegrations);
}

/** As `init`, with other defaults: what is not named here need not be in the page's bundle. */
export function start(options: Options, integrations: () => Integration[]): Client {
  return initCore(options, { platform: browserPlatform, env: {}, defaultIntegrations: integrations });
}

function defaultIntegrations(): Integration[] {
  return [];
}
