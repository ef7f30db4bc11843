import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formatBaggage, mergeBaggage, parseBaggage } from './baggage.ts';
import { createDsc } from './dynamic-sampling-context.ts';

const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019!#$%&*+-.^_`|~'), minLength: 1, maxLength: 12 });
const value = fc.string({ unit: fc.constantFrom(...'abcXYZ019!#$%&()*+-./:<=>?@[]^_`{|}~'), maxLength: 20 });
const property = fc.oneof(
  token,
  fc.tuple(token, value).map(([key, text]) => `${key}=${text}`),
);
const foreignMember = fc
  .tuple(token, value, fc.array(property, { maxLength: 3 }))
  .map(([key, text, properties]) => [`${key}=${text}`, ...properties].join(';'))
  .filter((member) => !member.startsWith('sentry-'));
const dsc = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), { maxKeys: 8 });

describe('baggage', () => {
  test.prop([dsc])('R25: reads the sampling context it writes, whatever its keys and values', (entries) => {
    fc.pre(formatBaggage(entries, '').length < 8192);
    const read = parseBaggage(formatBaggage(entries, undefined));
    expect(Object.entries(read.sentry)).toEqual(Object.entries(entries));
    expect(read.sentryCount).toBe(Object.keys(entries).length);
    expect(read.foreign).toBe('');
  });

  test.prop([fc.array(foreignMember, { maxLength: 20 })])(
    'R25: foreign members pass through byte for byte with their properties',
    (members) => {
      const header = members.join(',');
      expect(parseBaggage(`sentry-sampled=true,${header}`).foreign).toBe(header);
      expect(formatBaggage(undefined, parseBaggage(header).foreign)).toBe(header);
    },
  );

  it('R25: keeps the order of foreign members around ours and trims white space between them only', () => {
    const { foreign, sentry } = parseBaggage('a=1;p=q ; r , sentry-release=x%201 ;p,, \tb = 2\t,sentry-sampled = true');
    expect(foreign).toBe('a=1;p=q ; r,b = 2');
    expect(sentry).toEqual({ release: 'x 1', sampled: 'true' });
    expect(formatBaggage(sentry, foreign)).toBe('a=1;p=q ; r,b = 2,sentry-release=x%201,sentry-sampled=true');
  });

  it('R24: what cannot be decoded stays as it is, prototype keys are keys', () => {
    const { sentry } = parseBaggage('sentry-release=%zz,sentry-__proto__=1,sentry-constructor=2,sentry-=3,sentry-novalue,sentry-a=b=c');
    expect(Object.entries(sentry)).toEqual([
      ['release', '%zz'],
      ['__proto__', '1'],
      ['constructor', '2'],
      ['novalue', ''],
      ['a', 'b=c'],
    ]);
  });

  it('R28: leaves out foreign members that would make the request fail', () => {
    expect(parseBaggage('a=1,b=x\r\ny: z,c=日本,d=é,e=\u0000').foreign).toBe('a=1,d=é');
  });

  it('R25: past 8,192 bytes the last foreign members go first, as a whole', () => {
    const ours = createDsc({ traceId: 'a'.repeat(32), release: 'x' });
    const foreign = Array.from({ length: 10 }, (_, i) => `k${i}=${'v'.repeat(997)}`);
    const header = formatBaggage(ours, foreign.join(','));
    expect(header.length).toBeLessThanOrEqual(8192);
    expect(header).toBe([...foreign.slice(0, 8), `sentry-trace_id=${'a'.repeat(32)}`, 'sentry-release=x'].join(','));
  });

  it('R25: fills 8,192 bytes and 64 members exactly', () => {
    expect(formatBaggage(undefined, `k=${'v'.repeat(8190)}`)).toHaveLength(8192);
    expect(formatBaggage(undefined, `k=${'v'.repeat(8191)}`)).toBe('');
    const foreign = Array.from({ length: 70 }, (_, i) => `k${i}=v`).join(',');
    const sent = formatBaggage({ trace_id: 'x', sampled: 'true' }, foreign).split(',');
    expect(sent).toHaveLength(64);
    expect(sent.slice(61)).toEqual(['k61=v', 'sentry-trace_id=x', 'sentry-sampled=true']);
  });

  it('R25: one of ours that is too long goes alone', () => {
    expect(formatBaggage({ trace_id: 'x', transaction: 'y'.repeat(9000), org_id: '1' }, 'a=1')).toBe(
      'a=1,sentry-trace_id=x,sentry-org_id=1',
    );
  });

  test.prop([fc.array(foreignMember, { maxLength: 100 }), dsc])('R25: never exceeds the limits', (members, entries) => {
    const header = formatBaggage(entries, members.join(','));
    expect(new TextEncoder().encode(header).length).toBeLessThanOrEqual(8192);
    expect(header.split(',').length).toBeLessThanOrEqual(64);
  });

  test.prop([fc.string({ unit: 'binary' }), fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))])(
    'R34: nothing makes it throw or write an illegal header',
    (text, entries) => {
      const { foreign, sentry } = parseBaggage(text);
      for (const header of [
        formatBaggage(sentry, foreign),
        formatBaggage(entries, foreign),
        mergeBaggage(text, formatBaggage(entries, foreign)),
      ]) {
        expect(header).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
      }
    },
  );
});

describe('baggage of a request that carries one', () => {
  it('R25: keeps its members, which win over those of the same key from upstream', () => {
    expect(mergeBaggage('a=own;p , c=3', 'a=upstream,b=2,sentry-sampled=true')).toBe('a=own;p,c=3,b=2,sentry-sampled=true');
  });

  it('R23: ours replace sentry members that are there already', () => {
    expect(mergeBaggage('sentry-trace_id=old,sentry-sampled=true,a=1', 'sentry-trace_id=new,sentry-sampled=false')).toBe(
      'a=1,sentry-trace_id=new,sentry-sampled=false',
    );
    expect(mergeBaggage('sentry-trace_id=theirs,a=1', '')).toBe('a=1,sentry-trace_id=theirs');
  });

  test.prop([fc.array(foreignMember, { maxLength: 5 }), fc.array(foreignMember, { maxLength: 5 }), dsc])(
    'R25: merging twice adds nothing',
    (own, upstream, entries) => {
      const ours = formatBaggage(entries, upstream.join(','));
      const once = mergeBaggage(own.join(','), ours);
      expect(mergeBaggage(once, ours)).toBe(once);
      expect(once.startsWith(own.join(','))).toBe(true);
    },
  );
});
