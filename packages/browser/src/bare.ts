import { type Client, type Options, streamOnly } from '@spanstream/core';
import { start } from './init.ts';

export * from './index.ts';

/**
 * Starts the SDK without default integrations, so that a bundle has only those that the option `integrations` names, and with
 * traceLifecycle `stream` only.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  return start(options, () => [], streamOnly);
}
