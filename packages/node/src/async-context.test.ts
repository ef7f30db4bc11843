import { AsyncLocalStorage } from 'node:async_hooks';
import { createTestClient } from '@spanstream/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { AsyncLocalStorageContextManager } from './async-context.ts';

const contextManager = new AsyncLocalStorageContextManager(new AsyncLocalStorage());
const test = createTestClient({ contextManager });
const { tracing } = test;

describe('the context manager of Node', () => {
  afterEach(() => test.expectNoOpenSpans());

  it('R2: a block does not outlive a callback that runs in the context around it', () => {
    tracing.startSpan({ name: 'outer' }, (outer) => {
      const blocks: Disposable[] = [];
      tracing.startSpan({ name: 'inactive', active: false }, () => {
        blocks.push(tracing.startSpan({ name: 'block' }));
      });
      expect(tracing.getActiveSpan()).toBe(outer);
      tracing.bind(() => blocks.push(tracing.startSpan({ name: 'bound' })))();
      expect(tracing.getActiveSpan()).toBe(outer);
      for (const block of blocks) block[Symbol.dispose]();
    });
  });

  it('R2: such a callback leaves the context as it was when it throws', () => {
    tracing.startSpan({ name: 'outer' }, (outer) => {
      const failing = tracing.bind(() => {
        tracing.startSpan({ name: 'block' });
        throw new Error('expected');
      });
      expect(failing).toThrow('expected');
      expect(tracing.getActiveSpan()).toBe(outer);
    });
    for (const span of test.client.parts.lifecycle.openSpans) span.end();
  });
});
