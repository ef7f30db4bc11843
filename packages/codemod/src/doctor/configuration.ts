import { readEnvironment } from '@spanstream/core';
import type { Finding } from './finding.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What `init()` gets where the code gives no option: variable, option, default. Source: docs/options.md. */
const OPTIONS = [
  ['dsn', 'SENTRY_DSN', 'none: spans are recorded and nothing is sent'],
  ['traceLifecycle', 'SENTRY_TRACE_LIFECYCLE', 'static'],
  ['tracesSampleRate', 'SENTRY_TRACES_SAMPLE_RATE', 'none: nothing is recorded'],
  ['release', 'SENTRY_RELEASE', 'none'],
  ['environment', 'SENTRY_ENVIRONMENT', 'production'],
] as const;

/** The configuration that the environment makes, each value with where it comes from; options in code go first. */
export function checkConfiguration(env: Env): Finding[] {
  const findings: Finding[] = [];
  const options: Readonly<Record<string, unknown>> = readEnvironment(env, (message) => {
    findings.push({ level: 'problem', text: message, fix: 'Correct the variable or remove it.' });
  });
  for (const [option, variable, otherwise] of OPTIONS) {
    const value = options[option];
    findings.push({
      level: 'note',
      text: `${option}: ${value === undefined ? `${otherwise} (default)` : `${value as string | number} (${variable})`}`,
    });
  }
  return findings;
}

/** The DSN that is probed: the one given, else the environment's. */
export function dsnOf(given: string | undefined, env: Env): string | undefined {
  return given ?? (readEnvironment(env, () => undefined).dsn as string | undefined);
}
