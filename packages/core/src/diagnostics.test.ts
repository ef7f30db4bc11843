import { describe, expect, it } from 'vitest';
import { describeError, Diagnostics } from './diagnostics.ts';

function createDiagnostics(isVerbose = true) {
  const state = { nowMs: 0, lines: [] as string[] };
  const diagnostics = new Diagnostics(
    { monotonicMs: () => state.nowMs, log: (level, message) => void state.lines.push(`${level} ${message}`) },
    isVerbose,
  );
  return { state, diagnostics };
}

describe('diagnostics', () => {
  it('says each reason once a minute', () => {
    const { state, diagnostics } = createDiagnostics();
    for (const nowMs of [0, 1000, 59_999, 60_000]) {
      state.nowMs = nowMs;
      diagnostics.debug('a', `a ${nowMs}`);
    }
    diagnostics.debug('b', 'b');
    expect(state.lines).toEqual(['debug [spanstream] a 0', 'debug [spanstream] a 60000', 'debug [spanstream] b']);
  });

  it('warns once for good, and whether or not it is verbose', () => {
    const { state, diagnostics } = createDiagnostics(false);
    diagnostics.warn('a', 'a');
    state.nowMs = 1e9;
    diagnostics.warn('a', 'a');
    diagnostics.debug('a', 'a');
    expect(state.lines).toEqual(['warn [spanstream] a']);
  });

  it('remembers a bounded number of reasons', () => {
    const { state, diagnostics } = createDiagnostics();
    for (let i = 0; i < 501; i++) diagnostics.debug(`reason ${i}`, 'x');
    diagnostics.debug('reason 0', 'again');
    expect(state.lines.at(-1)).toBe('debug [spanstream] again');
  });

  it('R34: a console that throws harms nobody', () => {
    const diagnostics = new Diagnostics(
      {
        monotonicMs: () => 0,
        log: () => {
          throw new Error('EPIPE');
        },
      },
      true,
    );
    diagnostics.warn('a', 'a');
    diagnostics.debug('a', 'a');
  });

  it('R34: guarded work answers, or its fallback does and the fault is told', async () => {
    const { state, diagnostics } = createDiagnostics();
    expect(diagnostics.guard('work', () => 1, 2)).toBe(1);
    expect(
      diagnostics.guard(
        'work',
        () => {
          throw new TypeError('no');
        },
        2,
      ),
    ).toBe(2);
    await expect(diagnostics.guard<unknown>('async work', () => Promise.reject(new Error('late')), 2)).rejects.toThrow('late');
    expect(state.lines).toEqual(['debug [spanstream] work failed: TypeError: no', 'debug [spanstream] async work failed: Error: late']);
  });

  it.each([
    [new TypeError('x'), 'TypeError: x'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), 'an error that cannot be described'],
    [
      {
        toString: () => {
          throw new Error('no');
        },
      },
      'an error that cannot be described',
    ],
  ])('R34: whatever was thrown can be told', (error, text) => {
    expect(describeError(error)).toBe(text);
  });
});
