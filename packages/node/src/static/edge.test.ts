import { createTestClient } from '@spanstream/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { traceRequest } from '../edge/trace-request.ts';

it('R12, R33: a request of an edge function is a transaction that has been sent when waitUntil lets go', async () => {
  const test = createTestClient({ traceLifecycle: 'static' });
  onTestFinished(async () => void (await test.client.close()));
  const promises: Promise<unknown>[] = [];
  const request = new Request('http://shop.example/items');
  const context = { waitUntil: (promise: Promise<unknown>) => void promises.push(promise) };
  await (await traceRequest(request, () => new Response('x'), context)).text();
  await Promise.all(promises);
  expect(test.client.stats()).toMatchObject({ delivered: 1, open: 0 });
});
