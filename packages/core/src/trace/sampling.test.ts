import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  type SamplingContext,
  type SamplingOptions,
  type SamplingRequest,
  createSampleRand,
  decideSampling,
  isTracingEnabled,
} from './sampling.ts';

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function decide(
  options: SamplingOptions,
  trace: SamplingRequest['trace'] = { sampleRand: 0.5 },
  warn: (message: string) => void = () => {},
) {
  return decideSampling({ name: 'GET /', attributes: { 'http.route': '/' }, trace, options, warn });
}

describe('decideSampling', () => {
  it('R21: asks the sampler first, then upstream, then the rate', () => {
    const upstream = { sampled: false, sampleRand: 0.5 };
    expect(decide({ tracesSampler: () => 1, tracesSampleRate: 0 }, upstream)).toEqual({ sampled: true, sampleRate: 1 });
    expect(decide({ tracesSampleRate: 1 }, upstream)).toEqual({ sampled: false, sampleRate: undefined });
    expect(decide({ tracesSampleRate: 1 })).toEqual({ sampled: true, sampleRate: 1 });
    expect(decide({ tracesSampleRate: 0 }, { sampled: true, sampleRand: 0.5 })).toEqual({ sampled: true, sampleRate: undefined });
  });

  test.prop([rate, uniform])('R21: sampled means that the random is below the rate', (tracesSampleRate, sampleRand) => {
    expect(decide({ tracesSampleRate }, { sampleRand })).toEqual({ sampled: sampleRand < tracesSampleRate, sampleRate: tracesSampleRate });
    expect(decide({ tracesSampler: () => tracesSampleRate }, { sampleRand }).sampled).toBe(sampleRand < tracesSampleRate);
  });

  it('R21: takes booleans for all and none', () => {
    expect(decide({ tracesSampler: () => true }, { sampleRand: 0.999999 })).toEqual({ sampled: true, sampleRate: 1 });
    expect(decide({ tracesSampler: () => false }, { sampleRand: 0 })).toEqual({ sampled: false, sampleRate: 0 });
  });

  it('R21: tells the sampler what is known', () => {
    let seen: SamplingContext | undefined;
    decide({ tracesSampler: (context) => ((seen = context), 0) }, { sampled: true, sampleRate: 0.3, sampleRand: 0.1 });
    expect(seen).toMatchObject({ name: 'GET /', attributes: { 'http.route': '/' }, parentSampled: true, parentSampleRate: 0.3 });
    expect(seen?.inheritOrSampleWith(0.9)).toBe(0.3);
  });

  it('R34: a promise of the sampler that is rejected ends no process', async () => {
    const rejected = Promise.reject(new Error('sampler'));
    expect(decide({ tracesSampler: (() => rejected) as never, tracesSampleRate: 1 }).sampled).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1)); // Vitest fails the run on an unhandled rejection.
  });

  const bad: [string, () => unknown][] = [
    ['NaN', () => Number.NaN],
    ['2', () => 2],
    ['-0.1', () => -0.1],
    ['a promise', () => Promise.resolve(1)],
    ['text', () => '1'],
    ['null', () => null],
    ['nothing', () => undefined],
    [
      'a throw',
      () => {
        throw new Error('sampler');
      },
    ],
  ];
  it.each(bad)('R21: %s falls through to the next rule, with one warning ever', (_, answer) => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const options = { tracesSampler: answer as () => number, tracesSampleRate: 1 };
    expect(decide(options, undefined, warn)).toEqual({ sampled: true, sampleRate: 1 });
    expect(decide(options, { sampled: false, sampleRand: 0 }, warn)).toEqual({ sampled: false, sampleRate: undefined });
    expect(decide({ tracesSampler: options.tracesSampler }, undefined, warn)).toEqual({ sampled: false, sampleRate: undefined });
    expect(warnings).toHaveLength(1);
  });

  test.prop([fc.option(fc.boolean(), { nil: undefined }), fc.option(rate, { nil: undefined }), uniform, rate])(
    'R21: a sampler that inherits never contradicts upstream',
    (sampled, sampleRate, sampleRand, fallback) => {
      const trace = { sampleRand, ...(sampled === undefined ? {} : { sampled }), ...(sampleRate === undefined ? {} : { sampleRate }) };
      const decision = decide({ tracesSampler: (context) => context.inheritOrSampleWith(fallback) }, trace);
      expect(decision.sampled).toBe(sampled ?? sampleRand < fallback);
    },
  );

  it('R27: without a rate and a sampler tracing is off, a rate of 0 is on', () => {
    expect([isTracingEnabled({}), isTracingEnabled({ tracesSampleRate: 0 }), isTracingEnabled({ tracesSampler: () => 0 })]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('createSampleRand', () => {
  // Between 0.999999 and 1 no six-digit number is at or above the rate; nor is one below a rate of 0.
  test.prop([uniform, fc.boolean(), fc.double({ min: 0, max: 0.999999, noNaN: true })])(
    'R21: agrees with the decision',
    (random, sampled, sampleRate) => {
      fc.pre(!(sampled && sampleRate === 0));
      expect(createSampleRand(random, sampled, sampleRate) < sampleRate).toBe(sampled);
    },
  );

  test.prop([uniform, fc.option(fc.boolean(), { nil: undefined }), fc.option(rate, { nil: undefined })])(
    'R21: is six digits in [0, 1)',
    (random, sampled, sampleRate) => {
      const rand = createSampleRand(random, sampled, sampleRate);
      expect(rand).toBeGreaterThanOrEqual(0);
      expect(rand).toBeLessThan(1);
      expect(Number(rand.toFixed(6))).toBe(rand);
    },
  );

  test.prop([fc.integer({ min: 0, max: 999_999 }), fc.boolean(), uniform])(
    'R21: agrees at rates that are steps themselves',
    (steps, sampled, random) => {
      fc.pre(!(sampled && steps === 0));
      expect(createSampleRand(random, sampled, steps / 1_000_000) < steps / 1_000_000).toBe(sampled);
    },
  );

  it('R21: reaches both ends of its range', () => {
    expect([createSampleRand(0), createSampleRand(1 - 2 ** -53)]).toEqual([0, 0.999999]);
    expect([createSampleRand(0, true, 0.3), createSampleRand(1 - 2 ** -53, true, 0.3)]).toEqual([0, 0.299999]);
    expect([createSampleRand(0, false, 0.3), createSampleRand(1 - 2 ** -53, false, 0.3)]).toEqual([0.3, 0.999999]);
  });
});
