import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, expect, it } from 'vitest';
import { tracing } from '@spanstream/core';
import { type Rig, startRig } from './test-rig.ts';
import { type ChannelTracing, traceChannel } from './trace-channel.ts';

interface Message {
  readonly result?: unknown;
  readonly error?: unknown;
}

const NAME = 'spanstream.test';
const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

function start(handlers: Partial<ChannelTracing<Message>> = {}): Rig {
  const setup = { start: () => ({ name: 'call', onlyIfParent: true }), ...handlers };
  const rig = startRig([{ name: 'Test', setup: (client) => traceChannel<Message>(client, NAME, setup) }]);
  rigs.push(rig);
  return rig;
}

const channel = () => tracingChannel<unknown, object>(NAME);
const active = (): string | undefined => tracing.getActiveSpan()?.name;
const inParent = <T>(work: () => T): T => tracing.startSpan({ name: 'parent' }, work);
const namesOf = async (rig: Rig): Promise<string[]> => (await rig.spans()).map(({ name, status }) => `${name} ${status}`);

it('a call that returns has a span around what it does', async () => {
  const rig = start();
  expect(inParent(() => channel().traceSync(active, {}))).toBe('call');
  expect(await namesOf(rig)).toEqual(['call ok', 'parent ok']);
});

it('a call that throws fails its span and still throws', async () => {
  const rig = start();
  const fail = () => {
    throw new TypeError('secret');
  };
  expect(() => inParent(() => channel().traceSync(fail, {}))).toThrow(TypeError);
  expect((await rig.spans())[0]).toMatchObject({ name: 'call', status: 'error', attributes: { 'error.type': 'TypeError' } });
});

it('a promise ends the span when it is settled, and what awaits it is outside', async () => {
  const rig = start();
  const seen = await inParent(async () => {
    const inside = await channel().tracePromise(async () => active(), {});
    return [inside, active()];
  });
  expect(seen).toEqual(['call', 'parent']);
  expect(await namesOf(rig)).toEqual(['call ok', 'parent ok']);
});

it('a callback runs where the caller is, whoever calls it', async () => {
  start();
  let call = (): void => undefined;
  const work = (callback: (error: unknown, value: unknown) => void): void => void (call = () => callback(null, 1));
  const seen = inParent(
    () =>
      new Promise((resolve) => {
        channel().traceCallback(work, 0, {}, undefined, () => resolve(active()));
      }),
  );
  tracing.startSpan({ name: 'somebody else' }, () => call());
  expect(await seen).toBe('parent');
});

it('without a parent nothing is recorded, and spans inside are as without the call', async () => {
  const rig = start();
  channel().traceSync(() => tracing.startSpan({ name: 'inside' }, () => undefined), {});
  expect(await namesOf(rig)).toEqual(['inside ok']);
});

it('R34: handlers that throw leave the call alone', async () => {
  const fail = (): never => {
    throw new Error('ours');
  };
  for (const handlers of [{ start: fail }, { started: fail }, { finish: fail }, { keepsOpen: fail }, { context: fail }]) {
    const rig = start(handlers);
    expect(inParent(() => channel().traceSync(() => 7, {}))).toBe(7);
    expect(rig.client.openSpans()).toEqual([]);
  }
});

it('a second client takes over, and the first one’s teardown leaves it at work', async () => {
  const first = start();
  const second = start();
  await first.close();
  expect(inParent(() => channel().traceSync(active, {}))).toBe('call');
  expect(await namesOf(second)).toEqual(['call ok', 'parent ok']);
});

it('after close() the channel has no listeners', async () => {
  const rig = start();
  await rig.close();
  expect(channel().start.hasSubscribers || channel().asyncStart.hasSubscribers || channel().end.hasSubscribers).toBe(false);
});
