import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context, ContextManager } from '../context/context.ts';
import { StackContextManager } from '../context/context-manager.ts';
import type { Span } from '../span/span-data.ts';
import { createTestClient, type TestClient } from '../testing.ts';
import { withIsolationScope } from './tracing.ts';

function createAsyncManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  return {
    active: () => storage.getStore(),
    run: (context, callback) => storage.run(context, callback),
    enter: (context) => storage.enterWith(context),
  };
}

let test: TestClient;
let manager: ContextManager;
const start = (name: string, options: { parentSpan?: Span | null } = {}): Span => test.tracing.startSpan({ name, ...options });
const inSpan = <T>(name: string, callback: (span: Span) => T): T => test.tracing.startSpan({ name }, callback);
const active = (): string | undefined => test.tracing.getActiveSpan()?.name;
const traceOf = (span: Span): string => span.spanContext().traceId;
const parentOf = (name: string): string | undefined => {
  const all = test.flatSpans();
  const parent = all.find((span) => span.name === name)?.parent_span_id;
  return all.find((span) => span.span_id === parent)?.name ?? parent;
};
const chainLength = (): number => {
  let length = 0;
  for (let at = manager.active(); at !== undefined; at = at.previous) length++;
  return length;
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
  ['a stack', () => new StackContextManager()],
  ['AsyncLocalStorage', createAsyncManager],
])('parents and activation on %s', (_, create) => {
  beforeEach(() => {
    manager = create();
    test = createTestClient({ contextManager: manager });
  });
  afterEach(() => test.close());
  // What a block makes active lasts for the running function: a test is one.
  const isolated = (work: () => void) => () => test.tracing.runDetached(work);

  it(
    'R1: the parent is the one named, else the active span, else none',
    isolated(() => {
      const other = test.tracing.startSpan({ name: 'other', active: false });
      inSpan('outer', () => {
        inSpan('implied', () => undefined);
        start('named', { parentSpan: other }).end();
        start('top', { parentSpan: null }).end();
        start('odd', { parentSpan: {} as never }).end();
      });
      other.end();
      expect(['outer', 'implied', 'named', 'top', 'odd'].map(parentOf)).toEqual([undefined, 'outer', 'other', undefined, 'outer']);
    }),
  );

  it(
    'R1: without anything pinned each top-level span begins a trace of its own',
    isolated(() => {
      const [a, b] = [inSpan('a', traceOf), inSpan('b', traceOf)];
      expect(a).not.toBe(b);
    }),
  );

  it(
    'R1: `parentSpan: null` and withActiveSpan(null) stay in the trace of what was active around',
    isolated(() => {
      const traces = inSpan('outer', (outer) => {
        const top = start('top', { parentSpan: null });
        top.end();
        const [first, second] = test.tracing.withActiveSpan(null, () => [inSpan('first', traceOf), inSpan('second', traceOf)]);
        return [traceOf(outer), traceOf(top), first, second];
      });
      expect(new Set(traces).size).toBe(1);
      expect(['top', 'first', 'second'].map(parentOf)).toEqual([undefined, undefined, undefined]);
      expect(test.tracing.withActiveSpan(null, () => inSpan('alone', traceOf))).not.toBe(
        test.tracing.withActiveSpan(null, () => inSpan('alone', traceOf)),
      );
    }),
  );

  it(
    'R1: startNewTrace gives one id to all spans and headers inside, with or without an active span',
    isolated(() => {
      const { startNewTrace, getTraceHeaders } = test.tracing;
      const collect = (): string[] => [
        getTraceHeaders()['sentry-trace']!.slice(0, 32),
        inSpan('a', traceOf),
        inSpan('b', () => traceOf(start('b2', { parentSpan: null }))),
        getTraceHeaders()['sentry-trace']!.slice(0, 32),
      ];
      const alone = startNewTrace(collect);
      const [around, below] = inSpan('outer', (outer) => [traceOf(outer), startNewTrace(collect)] as const);
      expect([new Set(alone).size, new Set(below).size, new Set([around, alone[0], below[0]]).size]).toEqual([1, 1, 3]);
      expect(parentOf('a')).toBeUndefined();
    }),
  );

  it(
    'R1: an isolation scope pins the current trace, or one of its own',
    isolated(() => {
      const inOuter = inSpan('outer', (outer) =>
        withIsolationScope(() => [
          traceOf(outer),
          inSpan('child', traceOf),
          test.tracing.withActiveSpan(null, () => inSpan('top', traceOf)),
        ]),
      );
      expect(new Set(inOuter).size).toBe(1);
      expect(parentOf('child')).toBe('outer');
      const alone = withIsolationScope(() => [
        inSpan('a', traceOf),
        inSpan('b', traceOf),
        test.tracing.getTraceHeaders()['sentry-trace']!.slice(0, 32),
      ]);
      expect(new Set(alone).size).toBe(1);
      expect(withIsolationScope(() => inSpan('c', traceOf))).not.toBe(alone[0]);
    }),
  );

  it(
    'R1: runDetached is outside everything',
    isolated(() => {
      test.tracing.startNewTrace(() =>
        inSpan('outer', (outer) => {
          const traces = test.tracing.runDetached(() => [active(), inSpan('a', traceOf), inSpan('b', traceOf)]);
          expect([traces[0], new Set([...traces, traceOf(outer)]).size]).toEqual([undefined, 4]);
          expect(active()).toBe('outer');
        }),
      );
    }),
  );

  it(
    'R2: block spans may end in any order: the newest that is open is active',
    isolated(() => {
      const [a, b, c] = [start('a'), start('b'), start('c')] as [Span, Span, Span];
      expect([parentOf('x'), active()]).toEqual([undefined, 'c']);
      b.end();
      expect(active()).toBe('c');
      c.end();
      expect(active()).toBe('a');
      start('d').end();
      a.end();
      expect([active(), parentOf('c'), parentOf('d')]).toEqual([undefined, 'b', 'a']);
    }),
  );

  it(
    'R2: a span with a parent of its own gives way to what was active when it started',
    isolated(() => {
      const far = test.tracing.startSpan({ name: 'far', active: false });
      inSpan('near', () => {
        const span = start('span', { parentSpan: far });
        expect(active()).toBe('span');
        span.end();
        expect(active()).toBe('near');
      });
      far.end();
      expect(parentOf('span')).toBe('far');
    }),
  );

  it(
    'R2: a block span is active at most within the callback that it was started in',
    isolated(() => {
      let block!: Span;
      inSpan('outer', () => {
        inSpan('inner', () => {
          block = start('block');
          expect(active()).toBe('block');
        });
        expect(active()).toBe('outer');
        start('after').end();
      });
      block.end();
      expect([active(), parentOf('after')]).toEqual([undefined, 'outer']);
    }),
  );

  it(
    "R2: a callback's span is the cause of what runs later, a block's is not",
    isolated(() => {
      const { bind } = test.tracing;
      const fromCallback = inSpan('callback', () => bind(() => [active(), start('late child').end()]));
      const block = start('block');
      const fromBlock = bind(() => [active(), start('unrelated').end()]);
      block.end();
      expect([fromCallback()[0], fromBlock()[0]]).toEqual([undefined, undefined]);
      expect([parentOf('late child'), parentOf('unrelated')]).toEqual(['callback', undefined]);
    }),
  );

  it(
    'R2: later work goes to the nearest of the chain that is open, else to its cause',
    isolated(() => {
      const later: (() => void)[] = [];
      inSpan('outer', () => {
        inSpan('middle', () => inSpan('inner', () => later.push(test.tracing.bind((name: string) => start(name).end()) as () => void)));
        (later[0] as (name: string) => void)('while outer is open');
      });
      (later[0] as (name: string) => void)('when all have ended');
      expect([parentOf('while outer is open'), parentOf('when all have ended')]).toEqual(['outer', 'inner']);
    }),
  );

  it(
    'R2: withActiveSpan takes an ended span at its word',
    isolated(() => {
      const ended = start('ended');
      ended.end();
      test.tracing.withActiveSpan(ended, () => {
        expect(active()).toBe('ended');
        start('child').end();
        inSpan('callback', () => start('grandchild').end());
        expect(active()).toBe('ended');
      });
      expect([active(), parentOf('child'), parentOf('grandchild')]).toEqual([undefined, 'ended', 'callback']);
    }),
  );

  it(
    'R3: a child of an ended parent has its parent, its trace and its segment',
    isolated(() => {
      const root = test.tracing.startSpan({ name: 'root', active: false });
      const parent = test.tracing.startSpan({ name: 'parent', active: false, parentSpan: root });
      parent.end();
      root.end();
      start('child', { parentSpan: parent }).end();
      const child = test.flatSpans().find(({ name }) => name === 'child')!;
      expect(child).toMatchObject({
        trace_id: traceOf(root),
        parent_span_id: parent.spanContext().spanId,
        is_segment: false,
        attributes: { 'sentry.segment.id': root.spanContext().spanId },
      });
    }),
  );

  it(
    'R22: an ignored span is never active and its children go to the nearest recorded one',
    isolated(() => {
      test = createTestClient({ contextManager: manager, ignoreSpans: ['noise'] });
      inSpan('outer', () =>
        inSpan('noise', (noise) => {
          expect(active()).toBe('outer');
          start('child').end();
          start('named', { parentSpan: noise }).end();
          test.tracing.withActiveSpan(noise, () => start('explicit').end());
        }),
      );
      expect(['child', 'named', 'explicit'].map(parentOf)).toEqual(['outer', 'outer', 'outer']);
    }),
  );

  it(
    'R9: the chain stays short: blocks one after the other, overlapping, and callbacks in callbacks',
    isolated(() => {
      let last = start('first');
      for (let i = 0; i < 1000; i++) {
        const next = start('overlapping');
        last.end();
        last = next;
      }
      expect(chainLength()).toBeLessThan(70);
      last.end();
      let rerun = (): void => undefined;
      for (let i = 0; i < 1000; i++) {
        rerun();
        rerun = inSpan('poll', () => test.tracing.bind(() => inSpan('poll', () => expect(chainLength()).toBeLessThan(10))));
      }
    }),
  );

  it(
    'R2: a thousand nested spans, ended from the outside in, are all found again',
    isolated(() => {
      const spans = Array.from({ length: 1000 }, (_unused, i) => start(`span ${i}`));
      expect([active(), chainLength()]).toEqual(['span 999', expect.any(Number)]);
      for (let i = 0; i < 999; i++) {
        spans[i]!.end();
        if (i % 100 === 0) inSpan('between', () => expect(active()).toBe('between'));
        expect(active()).toBe('span 999');
      }
      spans[999]!.end();
      expect(active()).toBeUndefined();
    }),
  );

  it(
    'R2: nested spans ended from the inside out give way to the one before',
    isolated(() => {
      const spans = Array.from({ length: 200 }, (_unused, i) => start(`span ${i}`));
      for (let i = 199; i > 0; i--) {
        spans[i]!.end();
        expect(active()).toBe(`span ${i - 1}`);
      }
      spans[0]!.end();
    }),
  );

  it(
    'R34: after close every span is inert',
    isolated(() => {
      void test.close();
      expect(start('late').isRecording()).toBe(false);
    }),
  );
});

describe('activation across asynchronous work', () => {
  beforeEach(() => {
    manager = createAsyncManager();
    test = createTestClient({ contextManager: manager });
  });
  afterEach(() => test.close());

  it('R2: a span stays active across await, timers, microtasks and emitters', async () => {
    await inSpan('outer', async () => {
      await turn();
      expect(active()).toBe('outer');
      await new Promise<void>((resolve) => setTimeout(() => (expect(active()).toBe('outer'), resolve()), 0));
      queueMicrotask(() => expect(active()).toBe('outer'));
      const emitter = new EventEmitter().on('event', () => expect(active()).toBe('outer'));
      emitter.emit('event');
      await turn();
    });
    expect(active()).toBeUndefined();
  });

  it('R2: a block span lasts across await until it ends', async () => {
    await inSpan('outer', async () => {
      const block = start('block');
      await turn();
      expect(active()).toBe('block');
      start('child').end();
      block.end();
      expect(active()).toBe('outer');
      await turn();
      expect(active()).toBe('outer');
    });
    expect(parentOf('child')).toBe('block');
  });

  it('R2: concurrent callbacks do not see each other', async () => {
    await inSpan('outer', () =>
      Promise.all(
        Array.from({ length: 20 }, (_unused, i) =>
          inSpan(`task ${i}`, async () => {
            for (let step = 0; step < 3; step++) await turn();
            expect(active()).toBe(`task ${i}`);
            start(`child ${i}`).end();
          }),
        ),
      ),
    );
    for (let i = 0; i < 20; i++) expect([parentOf(`child ${i}`), parentOf(`task ${i}`)]).toEqual([`task ${i}`, 'outer']);
  });

  it('R2: a timer that outlives its callback belongs to it, though nothing is active', async () => {
    let fired!: () => void;
    const done = new Promise<void>((resolve) => (fired = resolve));
    inSpan('callback', () =>
      setTimeout(() => {
        expect(active()).toBeUndefined();
        start('late').end();
        fired();
      }, 0),
    );
    await done;
    expect(parentOf('late')).toBe('callback');
  });

  it('R9: polling that starts itself anew leaves no growing chain, overlapping or not', async () => {
    const lengths: number[] = [];
    const poll = (left: number): Promise<void> =>
      inSpan('poll', async () => {
        await Promise.resolve();
        lengths.push(chainLength());
        if (left > 0) setImmediate(() => void poll(left - 1));
        else finish();
      });
    let finish!: () => void;
    await new Promise<void>((resolve) => {
      finish = resolve;
      void poll(500);
    });
    const overlap = (left: number): void =>
      void inSpan('overlap', async () => {
        await Promise.resolve();
        lengths.push(chainLength());
        if (left > 0) setImmediate(() => overlap(left - 1));
        else finish();
        await turn();
        await turn();
      });
    await new Promise<void>((resolve) => {
      finish = resolve;
      overlap(500);
    });
    expect(Math.max(...lengths)).toBeLessThan(70);
  });
});
