import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { agreeWithDecision, continueDsc, createDsc, formatRate, formatSampleRand, traceHeader } from './dynamic-sampling-context.ts';

const traceId = 'a'.repeat(32);
const publicKey = 'b'.repeat(32);

describe('dynamic sampling context', () => {
  it('R26: holds text only, in the order of the protocol', () => {
    const dsc = createDsc({
      orgId: '1',
      transaction: 'GET /',
      environment: 'production',
      release: 'shop@1',
      sampled: true,
      sampleRand: 0.25,
      sampleRate: 0.5,
      publicKey,
      traceId,
    });
    expect(JSON.stringify(dsc)).toBe(
      `{"trace_id":"${traceId}","public_key":"${publicKey}","sample_rate":"0.5","sample_rand":"0.250000","sampled":"true","release":"shop@1","environment":"production","transaction":"GET /","org_id":"1"}`,
    );
    expect(Object.isFrozen(dsc)).toBe(true);
  });

  it('R26: leaves out what is unknown, not what is zero or false', () => {
    expect(createDsc({ traceId, sampleRate: 0, sampleRand: 0, sampled: false, release: '' })).toEqual({
      trace_id: traceId,
      sample_rate: '0',
      sample_rand: '0.000000',
      sampled: 'false',
    });
  });

  test.prop([fc.double({ min: 0, max: 1, noNaN: true })])('R26: a rate is plain decimal text that reads back exactly', (rate) => {
    expect(formatRate(rate)).toMatch(/^\d+(\.\d+)?$/);
    expect(Number(formatRate(rate))).toBe(rate);
  });

  test.prop([fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })])('R21: a sample random is six digits below 1', (rand) => {
    expect(formatSampleRand(rand)).toMatch(/^0\.\d{6}$/);
  });

  it('R26: upstream is forwarded as it came, a rate decided here replaces its rate in a copy', () => {
    const upstream = Object.freeze({ trace_id: traceId, sample_rate: '0.1', unknown: 'x' });
    expect(continueDsc(upstream, {})).toBe(upstream);
    expect(continueDsc(upstream, { sampleRate: 0.1 })).toBe(upstream);
    const decided = continueDsc(upstream, { sampleRate: 0.7 });
    expect(Object.entries(decided)).toEqual([
      ['trace_id', traceId],
      ['sample_rate', '0.7'],
      ['unknown', 'x'],
    ]);
    expect(upstream.sample_rate).toBe('0.1');
  });

  it('R23: a contradicting decision is replaced, none is added', () => {
    const upstream = { trace_id: traceId, sampled: 'true' };
    expect(agreeWithDecision(upstream, true)).toBe(upstream);
    expect(agreeWithDecision(upstream, undefined)).toBe(upstream);
    expect(agreeWithDecision(upstream, false)).toEqual({ trace_id: traceId, sampled: 'false' });
    expect(agreeWithDecision({ trace_id: traceId }, false)).toEqual({ trace_id: traceId });
  });

  it('R26: the trace header always has trace id and public key, in front', () => {
    const own = { traceId, publicKey };
    expect(traceHeader(undefined, own)).toEqual({ trace_id: traceId, public_key: publicKey });
    expect(JSON.stringify(traceHeader({ sampled: 'true' }, own))).toBe(
      `{"trace_id":"${traceId}","public_key":"${publicKey}","sampled":"true"}`,
    );
    const complete = { public_key: 'theirs', trace_id: traceId };
    expect(traceHeader(complete, own)).toBe(complete);
    expect(traceHeader({ trace_id: traceId, public_key: '', a: 'b' }, own)).toEqual({ trace_id: traceId, public_key: publicKey, a: 'b' });
  });
});
