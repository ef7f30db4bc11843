import type { Options } from './options.ts';
import { isRate } from './trace/sampling.ts';
import { parseDsn } from './wire/dsn.ts';

/** The options that the environment can give. */
export type EnvironmentOptions = Pick<Options, 'dsn' | 'release' | 'environment' | 'tracesSampleRate' | 'traceLifecycle'>;

type Read = { readonly [K in keyof EnvironmentOptions]-?: (text: string) => EnvironmentOptions[K] };

const NAMES: { readonly [K in keyof EnvironmentOptions]-?: string } = {
  dsn: 'SENTRY_DSN',
  release: 'SENTRY_RELEASE',
  environment: 'SENTRY_ENVIRONMENT',
  tracesSampleRate: 'SENTRY_TRACES_SAMPLE_RATE',
  traceLifecycle: 'SENTRY_TRACE_LIFECYCLE',
};

// Undefined: not a value of the option.
const READ: Read = {
  dsn: (text) => (parseDsn(text) === undefined ? undefined : text),
  release: (text) => text,
  environment: (text) => text,
  tracesSampleRate: (text) => (isRate(Number(text)) ? Number(text) : undefined),
  traceLifecycle: (text) => (text === 'static' || text === 'stream' || text === 'compare' ? text : undefined),
};

/**
 * Reads options from environment variables: `SENTRY_DSN`, `SENTRY_RELEASE`, `SENTRY_ENVIRONMENT`,
 * `SENTRY_TRACES_SAMPLE_RATE` and `SENTRY_TRACE_LIFECYCLE`. An empty variable counts as unset; a wrong one is ignored
 * with one warning (R34).
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>, warn: (message: string) => void): EnvironmentOptions {
  const options: Record<string, unknown> = {};
  for (const key of Object.keys(NAMES) as (keyof EnvironmentOptions)[]) {
    const text = env[NAMES[key]]?.trim();
    if (!text) continue;
    const value = READ[key](text);
    if (value === undefined) warn(`The environment variable ${NAMES[key]} is ignored: ${JSON.stringify(text)} is no ${key}.`);
    else options[key] = value;
  }
  return options;
}
