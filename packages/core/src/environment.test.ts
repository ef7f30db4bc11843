import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';
import { resolveOptions } from './options.ts';

describe('readEnvironment', () => {
  it('R34: reads what options may leave out', () => {
    const env = {
      SENTRY_DSN: 'https://k@h/1',
      SENTRY_RELEASE: 'a@1',
      SENTRY_ENVIRONMENT: ' staging ',
      SENTRY_TRACES_SAMPLE_RATE: '0.25',
      SENTRY_TRACE_LIFECYCLE: 'stream',
    };
    expect(readEnvironment(env, expect.unreachable)).toEqual({
      dsn: 'https://k@h/1',
      release: 'a@1',
      environment: 'staging',
      tracesSampleRate: 0.25,
      traceLifecycle: 'stream',
    });
  });

  it('R34: empty is unset, wrong is one warning each', () => {
    const warnings: string[] = [];
    const env = { SENTRY_DSN: 'nonsense', SENTRY_RELEASE: '', SENTRY_TRACES_SAMPLE_RATE: '2', SENTRY_TRACE_LIFECYCLE: 'Stream' };
    expect(readEnvironment(env, (message) => warnings.push(message))).toEqual({});
    expect(warnings).toEqual([
      'The environment variable SENTRY_DSN is ignored: "nonsense" is no dsn.',
      'The environment variable SENTRY_TRACES_SAMPLE_RATE is ignored: "2" is no tracesSampleRate.',
      'The environment variable SENTRY_TRACE_LIFECYCLE is ignored: "Stream" is no traceLifecycle.',
    ]);
  });

  const name = fc.constantFrom('SENTRY_DSN', 'SENTRY_RELEASE', 'SENTRY_ENVIRONMENT', 'SENTRY_TRACES_SAMPLE_RATE', 'SENTRY_TRACE_LIFECYCLE');
  test.prop([fc.dictionary(name, fc.string())])('R34: what it reads is never an error', (env) => {
    expect(() =>
      resolveOptions(
        {},
        readEnvironment(env, () => {}),
        { maxMemoryBytes: 1 },
        () => {},
      ),
    ).not.toThrow();
  });
});
