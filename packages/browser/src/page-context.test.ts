import { createTestClient, type TestClient } from '@spanstream/core/testing';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAsyncScope } from './async.ts';
import { contextManager } from './page-context.ts';
import { getRootSpan, setRootSpan } from './root-span.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let test: TestClient;
let root: ReturnType<typeof start>;
const start = (name: string, active = true) => test.tracing.startSpan({ name, active });
const inSpan = <T>(name: string, callback: () => T): T => test.tracing.startSpan({ name }, callback);
const activeName = (): string | undefined => test.tracing.getActiveSpan()?.name;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `name < parent`, with an exclamation mark where the parent is said to be a stand-in. */
function relations(): string[] {
  const all = test.flatSpans();
  return all.map(({ name, parent_span_id, attributes }) => {
    const parent = parent_span_id === root.spanContext().spanId ? 'page' : all.find(({ span_id }) => span_id === parent_span_id)?.name;
    return `${name} < ${parent}${attributes['spanstream.parent'] === 'root' ? '!' : ''}`;
  });
}

beforeEach(() => {
  test = createTestClient({ contextManager });
  root = start('page', false);
  setRootSpan(root);
});
afterEach(async () => {
  setRootSpan(undefined);
  root.end();
  test.expectNoOpenSpans();
  await test.close();
});

describe('the context of a page without help', () => {
  it('R1: the root span is the parent of what nothing else caused, as long as it is open', () => {
    expect(getRootSpan()).toBe(root);
    inSpan('first', () => undefined);
    root.end();
    inSpan('second', () => undefined);
    const spans = test.flatSpans();
    expect(relations()).toEqual(['first < page', 'page < undefined', 'second < undefined']);
    expect(new Set(spans.map(({ trace_id }) => trace_id)).size).toBe(1);
  });

  it('R2: synchronous code nests exactly, callbacks and blocks', () => {
    const outer = start('outer');
    expect(activeName()).toBe('outer');
    inSpan('callback', () => start('block').end());
    outer.end();
    start('after').end();
    expect(relations()).toEqual(['block < callback', 'callback < outer', 'outer < page', 'after < page']);
  });

  it('what starts after an await stands below the root and says so, and so does a listener meanwhile', async () => {
    await inSpan('flow', async () => {
      start('before').end();
      await turn();
      start('after').end();
    });
    start('alone').end();
    expect(relations()).toEqual(['before < flow', 'after < page!', 'flow < page', 'alone < page']);
  });

  it('the stand-in stays the parent when it has ended', async () => {
    root.end();
    await inSpan('flow', async () => {
      await turn();
      expect(activeName()).toBeUndefined();
      start('after').end();
    });
    expect(relations()).toEqual(['page < undefined', 'after < page!', 'flow < undefined']);
  });

  it('without a root span such a span stands alone and says so', async () => {
    setRootSpan(undefined);
    await inSpan('flow', async () => {
      await turn();
      start('after').end();
    });
    root.end();
    expect(relations()).toEqual(['after < undefined!', 'flow < undefined', 'page < undefined']);
  });

  it('R1: parentSpan, withActiveSpan and bind are exact after an await', async () => {
    await test.tracing.startSpan({ name: 'flow' }, async (flow) => {
      const bound = test.tracing.bind(() => start('bound').end());
      await turn();
      test.tracing.startSpan({ name: 'named', parentSpan: flow }).end();
      test.tracing.withActiveSpan(flow, () => start('active').end());
      bound();
    });
    expect(relations()).toEqual(['named < flow', 'active < flow', 'bound < flow', 'flow < page']);
  });

  it('R2: a block outside callbacks lasts for the running code at most', async () => {
    const block = start('block');
    start('same code').end();
    await turn();
    expect(activeName()).toBe('page');
    start('later').end();
    block.end();
    expect(relations()).toEqual(['same code < block', 'later < page!', 'block < page']);
  });

  it('such a block is no parent while a flow is open that could go on before its code is known to be over', async () => {
    await inSpan('flow', async () => {
      await turn();
      const block = start('block');
      start('maybe its child').end();
      block.end();
    });
    expect(relations()).toEqual(['maybe its child < page!', 'block < page!', 'flow < page']);
  });

  it('a callback in a context that nobody knows marks its own span only', async () => {
    const flow = inSpan('flow', turn);
    inSpan('unknown', () => inSpan('known', () => undefined));
    await flow;
    await turn();
    expect(relations()).toEqual(['known < unknown', 'unknown < page!', 'flow < page']);
  });

  it('R21: what was suppressed is so only in the code itself', () => {
    test.tracing.suppressTracing(() => start('quiet').end());
    start('heard').end();
    expect(relations()).toEqual(['heard < page']);
  });

  it('R9: ended spans do not pile up, whatever stays open', async () => {
    const open = inSpan('open', () => start('by hand', false));
    const flow = inSpan('flow', turn);
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 1000; i++) inSpan(`child ${i}`, () => refs.push(new WeakRef(test.tracing.getActiveSpan()!)));
    await flow;
    open.end();
    await turn();
    collectGarbage();
    expect(refs.filter((ref) => ref.deref()).length).toBeLessThan(20);
  });
});

describe('an asynchronous scope, as the plugin puts one into each asynchronous function', () => {
  it('R2: gives each function its own context, and the caller its own back', async () => {
    const flow = async (name: string): Promise<void> => {
      const scope = startAsyncScope();
      try {
        const block = start(name);
        scope.back(await scope.wait(turn()));
        start(`in ${name}`).end();
        block.end();
      } finally {
        scope.end();
      }
    };
    const both = [flow('a'), flow('b')];
    expect(activeName()).toBe('page');
    await Promise.all(both);
    expect(relations()).toEqual(['in a < a', 'a < page', 'in b < b', 'b < page!']);
  });

  it('R34: iterables keep what they have and lack', async () => {
    const scope = startAsyncScope();
    const plain = { [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }) };
    const iterator = (scope.each(plain) as Iterable<unknown>)[Symbol.iterator]();
    expect(iterator.return).toBeUndefined();
    expect(() => scope.each(undefined as never)).toThrow(TypeError);
    expect(Symbol.asyncIterator in scope.each(plain)).toBe(false);
    scope.end();
  });
});
