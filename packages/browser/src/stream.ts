import { type Client, type Options, streamOnly } from '@spanstream/core';
import { defaultIntegrations, start } from './init.ts';

export * from './index.ts';

/**
 * Starts the SDK in a page or a worker with traceLifecycle `stream` only, so that a bundle has nothing of the other.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  return start(options, defaultIntegrations, streamOnly);
}
