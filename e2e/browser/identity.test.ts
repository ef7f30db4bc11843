import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { bundlePage } from './bundle-page.mjs';
import { engines, reasonToSkip } from './engines.mjs';
import { startPageServer } from './page-server.mjs';

interface Look {
  id: number;
  name?: string;
  length?: number;
  descriptor: string;
}
type Looks = Record<string, Look>;
interface Seen {
  before: Looks;
  loaded: Looks;
  running: Looks;
  closed: Looks;
}

/** What the default integrations may patch: requests and navigations. */
const ASKED_FOR = [
  'globalThis.fetch',
  'XMLHttpRequest.prototype.open',
  'XMLHttpRequest.prototype.send',
  'XMLHttpRequest.prototype.setRequestHeader',
  'history.pushState',
  'history.replaceState',
  'History.prototype.pushState',
  'History.prototype.replaceState',
  'globalThis.Worker',
];

/** Runs before everything: notes which function stands at each place, its name, its length and how it stands there. */
function lookFirst(): void {
  const scope = globalThis as unknown as Record<string, object>;
  const ids = new Map<unknown, number>();
  const owners =
    'globalThis Promise Promise.prototype XMLHttpRequest.prototype EventTarget.prototype history History.prototype navigator Navigator.prototype navigation console performance Performance.prototype Response.prototype Node.prototype Element.prototype document Document.prototype localStorage';
  const find = (path: string) =>
    path.split('.').reduce<object | undefined>((owner, key) => (owner as Record<string, object>)?.[key], scope);
  const look = (): object =>
    Object.fromEntries(
      owners.split(' ').flatMap((path) => {
        const owner = find(path);
        if (owner === undefined || owner === null) return [];
        return Object.entries(Object.getOwnPropertyDescriptors(owner))
          .filter(([key]) => !['before', 'SpanStream', 'window', 'self'].includes(key))
          .filter(([, { value, get, set }]) => [value, get, set].some((one) => typeof one === 'function'))
          .map(([key, { value, get, set, writable, enumerable, configurable }]) => {
            const one: unknown = value ?? get ?? set;
            if (!ids.has(one)) ids.set(one, ids.size);
            const { name, length } = one as { name: string; length: number };
            return [`${path}.${key}`, { id: ids.get(one), name, length, descriptor: `${writable} ${enumerable} ${configurable}` }];
          });
      }),
    );
  Object.assign(scope, { before: { look, post: fetch.bind(globalThis), seen: look() } });
}

const changes = (from: Looks, to: Looks): string[] =>
  [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => from[key]?.id !== to[key]?.id).sort();

const [chromium] = engines;
const isSkipped = reasonToSkip(chromium!) !== undefined;

describe.skipIf(isSkipped)('R36: the globals of a page in Chromium', () => {
  let engine: Awaited<ReturnType<(typeof engines)[number]['start']>>;
  let script: string;
  beforeAll(async () => {
    [engine, script] = await Promise.all([chromium!.start(), bundlePage('identity')]);
  });
  afterAll(() => engine?.close());

  async function look(options: object) {
    const [backend, pages] = await Promise.all([startBackend({ isForPages: true }), startPageServer(script)]);
    const plan = { options: { dsn: backend.dsn, ...options }, before: `(${lookFirst.toString()})()` };
    const { page, url } = pages.addPage(plan);
    const tab = await engine.openTab();
    await tab.goto(url);
    const told = (await pages.hear(page, 'seen')) as unknown as { seen: Seen; semantics: Record<string, unknown> };
    await tab.close();
    await Promise.all([backend.close(), pages.close()]);
    return told;
  }

  test('loading the package patches nothing', async () => {
    const { seen } = await look({});
    expect(Object.keys(seen.before).length).toBeGreaterThan(300);
    expect(changes(seen.before, seen.loaded)).toEqual([]);
  });

  test('without integrations nothing is patched', async () => {
    const { seen } = await look({ isBare: true });
    expect(changes(seen.before, seen.running)).toEqual([]);
  });

  test('by default only requests and navigations are patched; names, lengths and descriptors stay', async () => {
    const { seen } = await look({});
    const patched = changes(seen.before, seen.running);
    expect(patched).toContain('globalThis.fetch');
    expect(patched.filter((key) => !ASKED_FOR.includes(key))).toEqual([]);
    for (const key of patched.filter((one) => seen.before[one] !== undefined)) {
      expect({ key, ...seen.running[key], id: 0 }).toEqual({ key, ...seen.before[key], id: 0 });
    }
  });

  test('patched functions behave as the originals do', async () => {
    const [patched, original] = [await look({}), await look({ isBare: true })];
    expect(patched.semantics).toEqual(original.semantics);
  });

  test('close() restores the originals', async () => {
    const { seen } = await look({});
    expect(changes(seen.before, seen.closed)).toEqual([]);
  });
});
