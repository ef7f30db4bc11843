import { describe, expect, it } from 'vitest';
import { type Options, resolveOptions } from './options.ts';

const resolve = (user: unknown, env: Partial<Options> = {}, warnings: string[] = []) =>
  resolveOptions(user as Options, env, { maxMemoryBytes: 32 * 1024 * 1024 }, (message) => warnings.push(message));

describe('resolveOptions', () => {
  it('R34: fills in every default', () => {
    expect(resolve({})).toEqual({
      enabled: true,
      debug: false,
      environment: 'production',
      traceLifecycle: 'static',
      retired: [],
      ignoreSpans: [],
      sinks: [],
      holdback: { maxMs: 0 },
      propagateTraceparent: true,
      strictTraceContinuation: false,
      sendDefaultPii: false,
      maxMemoryBytes: 33554432,
      exitFlush: true,
      sendClientReports: true,
      batching: { maxSpans: 1000, maxBytes: 1_000_000, flushIntervalMs: 5000, flushOnSegmentEndMs: 500 },
      attributeLimits: { maxAttributes: 128, maxStringBytes: 8192, maxArrayLength: 1000, maxLinks: 128 },
    });
  });

  it('R34: undefined counts as left out, also inside groups', () => {
    expect(
      resolve({ release: undefined, debug: undefined, batching: { maxSpans: undefined, maxBytes: 5000 } }, { release: 'env@1' }),
    ).toMatchObject({
      release: 'env@1',
      debug: false,
      batching: { maxSpans: 1000, maxBytes: 5000 },
    });
  });

  it('R12: the lifecycle: option, then experiment, then environment', () => {
    const _experiments = { traceLifecycle: 'stream' };
    expect(resolve({ traceLifecycle: 'static', _experiments }).traceLifecycle).toBe('static');
    expect(resolve({ _experiments }, { traceLifecycle: 'static' }).traceLifecycle).toBe('stream');
    expect(resolve({}, { traceLifecycle: 'stream' }).traceLifecycle).toBe('stream');
  });

  it('R24: the organisation comes from the option, else from the DSN', () => {
    const dsn = 'https://k@o42.example.com/1';
    expect(resolve({ dsn })).toMatchObject({ orgId: '42', dsn: { projectId: '1' } });
    expect(resolve({ dsn, orgId: 7 }).orgId).toBe('7');
    expect(resolve({ dsn: '' }, { dsn }).dsn).toBeUndefined();
  });

  const wrong: [string, unknown, RegExp][] = [
    ['traceLifecycle', { traceLifecycle: 'span' }, /traceLifecycle must be 'static', 'stream' or 'compare'; it is "span"/],
    ['_experiments.traceLifecycle', { _experiments: { traceLifecycle: 1 } }, /_experiments\.traceLifecycle .* 1/],
    ['tracesSampleRate', { tracesSampleRate: 1.1 }, /tracesSampleRate .* 1\.1/],
    ['tracesSampleRate', { tracesSampleRate: '0.5' }, /tracesSampleRate .* "0\.5"/],
    ['tracesSampleRate', { tracesSampleRate: Number.NaN }, /tracesSampleRate .* NaN/],
    ['dsn', { dsn: 'https://example.com' }, /dsn .* "https:\/\/example\.com"/],
    ['tunnel', { tunnel: '' }, /tunnel .* ""/],
    ['debug', { debug: 'yes' }, /debug must be a boolean/],
    ['release', { release: null }, /release .* null/],
    ['tracesSampler', { tracesSampler: 0.5 }, /tracesSampler must be a function/],
    ['beforeSendSpan', { beforeSendSpan: {} }, /beforeSendSpan .* \{\}/],
    ['transport', { transport: {} }, /transport must be a function/],
    ['ignoreSpans', { ignoreSpans: 'x' }, /ignoreSpans .* "x"/],
    ['ignoreSpans', { ignoreSpans: [{}] }, /ignoreSpans/],
    ['ignoreSpans', { ignoreSpans: [{ name: 5 }] }, /ignoreSpans/],
    ['tracePropagationTargets', { tracePropagationTargets: [1] }, /tracePropagationTargets/],
    ['sinks', { sinks: [{}] }, /sinks/],
    ['integrations', { integrations: [() => {}] }, /integrations/],
    ['orgId', { orgId: 'o1' }, /orgId must be digits/],
    ['maxMemoryBytes', { maxMemoryBytes: -1 }, /maxMemoryBytes .* -1/],
    ['batching.maxSpans', { batching: { maxSpans: 1001 } }, /batching\.maxSpans .* 1001/],
    ['batching.maxBytes', { batching: { maxBytes: 13 * 1024 * 1024 } }, /batching\.maxBytes/],
    ['batching.flushIntervalMs', { batching: { flushIntervalMs: -1 } }, /batching\.flushIntervalMs .* -1/],
    ['attributeLimits.maxLinks', { attributeLimits: { maxLinks: 1.5 } }, /attributeLimits\.maxLinks .* 1\.5/],
    ['holdback.maxMs', { traceLifecycle: 'stream', holdback: { maxMs: Infinity } }, /holdback\.maxMs .* Infinity/],
    ['filterSegment without holdback', { traceLifecycle: 'stream', filterSegment: () => true }, /filterSegment .* holdback\.maxMs/],
  ];
  it.each(wrong)('R34: a wrong %s is an error that names option and value', (_, options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it("R13: what has no meaning in 'static' is one warning that names 'stream'", () => {
    for (const options of [{ filterSegment: () => true, holdback: { maxMs: 10 } }, { holdback: { maxMs: 10 } }]) {
      const warnings: string[] = [];
      resolveOptions(options, {}, { maxMemoryBytes: 1 }, (message) => warnings.push(message));
      expect(warnings).toEqual([expect.stringMatching(/filterSegment, holdback and batching .* 'stream'/)]);
    }
    const warnings: string[] = [];
    resolve({ batching: { maxSpans: 10 } }, {}, warnings);
    expect(warnings).toEqual([expect.stringMatching(/filterSegment, holdback and batching .* 'stream'/)]);
  });

  it('R34: an error does not choke on the value', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(() => resolve({ debug: cyclic })).toThrow('debug must be a boolean; it is an object');
    expect(() => resolve({ debug: 1n })).toThrow('it is 1');
  });

  it('R34: an unknown key is a warning that helps', () => {
    const warnings: string[] = [];
    resolve({ tracesSamplerate: 1, tracesSampleRates: 1, dns: '', colour: 1, ['__proto__x']: 1, holdback: { maxms: 1 } }, {}, warnings);
    expect(warnings).toEqual([
      'Unknown option tracesSamplerate is ignored; did you mean tracesSampleRate?',
      'Unknown option tracesSampleRates is ignored; did you mean tracesSampleRate?',
      'Unknown option dns is ignored; did you mean dsn?',
      'Unknown option colour is ignored.',
      'Unknown option __proto__x is ignored.',
      'Unknown option holdback.maxms is ignored; did you mean maxMs?',
    ]);
  });

  it('R20: filterSegment with a holdback is accepted in stream', () => {
    expect(resolve({ traceLifecycle: 'stream', filterSegment: () => true, holdback: { maxMs: 1000 } }).holdback).toEqual({ maxMs: 1000 });
  });
});
