import {
  allLifecycles,
  type Client,
  createHandOver,
  createSinkHandOvers,
  init as initCore,
  type Integration,
  type Options,
  readEnvironment,
  type SinkStats,
} from '@spanstream/core';
import { type ExitFlush, type ExitFlushOptions, setupExitFlush } from './exit-flush.ts';
import { httpClientIntegration } from './instrument/http-client.ts';
import { httpServerIntegration } from './instrument/http-server.ts';
import { processContextIntegration } from './instrument/process-context.ts';
import { undiciIntegration } from './instrument/undici.ts';
import { libraryIntegrations } from './libraries/libraries.ts';
import { setupLibraryHooks } from './library-status.ts';
import { nodePlatform } from './platform.ts';

/**
 * Starts the SDK on Node. What the options leave out comes from `SENTRY_DSN`, `SENTRY_RELEASE`, `SENTRY_ENVIRONMENT`,
 * `SENTRY_TRACES_SAMPLE_RATE` and `SENTRY_TRACE_LIFECYCLE`.
 * @throws Error naming the option and the value, when an option is wrong
 */
export function init(options: Options = {}): Client {
  const env = readEnvironment(process.env, (message) => nodePlatform.log('warn', `[spanstream] ${message}`));
  const { tunnel } = options ?? {};
  if (typeof tunnel === 'string' && !URL.canParse(tunnel))
    throw new Error(`The option tunnel must be an absolute URL on Node; it is ${JSON.stringify(tunnel)}.`);
  const client = initCore(options, { platform: nodePlatform, env, defaultIntegrations, lifecycles: allLifecycles });
  if (client.options.enabled) {
    client.addTeardown(releaseWhenClosed(setupExitFlush(exitFlushOptions(client)), client));
    client.addTeardown(setupLibraryHooks(client));
  }
  return client;
}

/** `process.exit()` may come before all has left, so the exit is watched until then. */
function releaseWhenClosed(exitFlush: ExitFlush, { parts }: Client): () => Promise<void> {
  return async () => {
    exitFlush.release();
    // A turn later the delivery closes, in the time that `close()` was given, and tells whoever asks when it has.
    await Promise.resolve();
    await parts.delivery?.close(0);
    exitFlush.teardown();
  };
}

function defaultIntegrations(): Integration[] {
  return [httpServerIntegration(), httpClientIntegration(), undiciIntegration(), processContextIntegration(), ...libraryIntegrations()];
}

function exitFlushOptions(client: Client): ExitFlushOptions {
  const { lifecycle, diagnostics, delivery } = client.parts;
  // Beside a DSN the ledger says nothing of the sinks.
  const sinkStats = (): SinkStats[] => (delivery === undefined ? [] : client.sinkStats());
  return {
    exitFlush: client.options.exitFlush,
    hasPending: () => {
      const { buffered, inFlight } = client.stats();
      return buffered + inFlight > 0 || sinkStats().some(({ waiting }) => waiting > 0);
    },
    settled: () => {
      const { started, open, buffered, inFlight } = client.stats();
      return sinkStats().reduce((sum, { waiting }) => sum - waiting, started - open - buffered - inFlight);
    },
    flush: (timeoutMs) => client.flush(timeoutMs),
    endOpenSpans: (reason) => {
      for (const span of lifecycle.openSpans) span.setAttribute('spanstream.end_reason', reason).end();
    },
    takeUnsentEnvelopes: () => createHandOver(client),
    takeUnsentOfSinks: () => createSinkHandOvers(client.parts),
    onFault: (error) => diagnostics.fault('The exit hand-over', error),
  };
}
