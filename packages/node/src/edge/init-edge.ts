import { allLifecycles, type Client, init as initCore, type Options, readEnvironment, StackContextManager } from '@spanstream/core';
import { fetchIntegration } from './edge-fetch.ts';
import { edgePlatform } from './edge-platform.ts';

/**
 * Starts the SDK in a runtime of web standards: workerd, Vercel's edge runtime, Deno, Bun. May be called outside of requests. What the
 * options leave out comes from `SENTRY_DSN` and its siblings where the runtime has `process.env`.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  const { process } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } };
  const env = readEnvironment(process?.env ?? {}, (message) => edgePlatform.log('warn', `[spanstream] ${message}`));
  if (edgePlatform.contextManager instanceof StackContextManager)
    edgePlatform.log(
      'warn',
      '[spanstream] This runtime has no AsyncLocalStorage, so spans follow synchronous calls only: see docs/runtimes.md.',
    );
  return initCore(options, { platform: edgePlatform, env, defaultIntegrations: () => [fetchIntegration()], lifecycles: allLifecycles });
}
