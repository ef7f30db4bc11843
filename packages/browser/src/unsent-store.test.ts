import { describe, expect, test } from 'vitest';
import { createUnsentStore, type UnsentStore } from './unsent-store.ts';

const URL = 'https://ingest.example.com/api/42/envelope/';
const HOUR_MS = 3_600_000;

/** Storage as a page has it, in memory. */
function createStorage(maxCharacters = Number.POSITIVE_INFINITY): Storage {
  const items = new Map<string, string>();
  const size = () => [...items].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      if (size() + value.length > maxCharacters) throw new DOMException('full', 'QuotaExceededError');
      items.set(key, value);
    },
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}

const envelope = (length = 0) => `{"sent_at":"2020-01-01T00:00:00.000Z","sdk":{}}\n${'a'.repeat(length)}`;

/** Puts an envelope of so many spans in and answers with its id. */
function put(store: UnsentStore, spanCount: number, text = envelope(), atMs?: number): string {
  const named = store.name(text, spanCount, atMs);
  store.measure();
  expect(store.put(named)).toBe(true);
  return named.id;
}

describe('the store of unsent envelopes', () => {
  test('R32: what was put in comes out once, oldest first, with the time of sending made new', () => {
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    const store = createUnsentStore(
      URL,
      () => storage,
      () => nowMs,
    );
    const storage = createStorage();
    const ids = [put(store, 3), put(store, 4)];
    expect(store.ids()).toEqual(ids);
    expect(store.take(ids[0]!)).toEqual({
      id: ids[0],
      spanCount: 3,
      atMs: nowMs,
      text: '{"sent_at":"2026-01-01T00:00:00.000Z","sdk":{}}\n',
    });
    expect(store.take(ids[0]!)).toBeUndefined();
    expect(store.ids()).toEqual([ids[1]]);
  });

  test('R32: what was put in in the short form comes out as the envelope', () => {
    const storage = createStorage();
    const store = createUnsentStore(
      URL,
      () => storage,
      () => Date.parse('2026-01-01T00:00:00Z'),
    );
    const id = put(store, 2, 'in common, \tname\t{"sent_at":"2020-01-01T00:00:00.000Z"}\n{}\n[\t\r; \r]\n');
    expect(store.take(id)?.text).toBe('{"sent_at":"2026-01-01T00:00:00.000Z"}\n{}\n[in common, name; name]\n');
  });

  test('R32: an envelope older than a day has no text any more, and one of another destination just goes', () => {
    const storage = createStorage();
    let nowMs = 1_800_000_000_000;
    const store = createUnsentStore(
      URL,
      () => storage,
      () => nowMs,
    );
    const other = createUnsentStore(
      'https://other.example.com/',
      () => storage,
      () => nowMs,
    );
    const id = put(store, 3);
    put(other, 1);
    expect([store.ids().length, other.ids().length]).toEqual([1, 1]);
    nowMs += 25 * HOUR_MS;
    expect(store.ids()).toEqual([id]);
    expect(storage.length).toBe(1);
    expect(store.take(id)).toMatchObject({ spanCount: 3, text: undefined });
  });

  test('R32: what comes back keeps its age', () => {
    const storage = createStorage();
    const store = createUnsentStore(
      URL,
      () => storage,
      () => 1_800_000_000_000,
    );
    const id = put(store, 1, envelope(), 1_799_999_000_000);
    expect(store.take(id)?.atMs).toBe(1_799_999_000_000);
  });

  test('R32: it takes a million characters and leaves the rest of the storage to the application', () => {
    const storage = createStorage();
    const store = createUnsentStore(URL, () => storage, Date.now);
    store.measure();
    const named = Array.from({ length: 30 }, () => store.name(envelope(50_000), 1));
    expect(named.filter((one) => store.put(one))).toHaveLength(19);
    store.measure();
    expect(store.put(store.name(envelope(60_000), 1))).toBe(false);
  });

  test('R32: what is put in again, since nobody knows whether it was, lies here once', () => {
    const store = createUnsentStore(URL, () => storage, Date.now);
    const storage = createStorage();
    const named = store.name(envelope(), 3);
    store.measure();
    expect([store.put(named), store.put(named)]).toEqual([true, true]);
    expect(store.ids()).toEqual([named.id]);
  });

  test('R32: storage that is full, refused or absent stores nothing and throws nothing', () => {
    const full = createUnsentStore(URL, () => createStorage(10), Date.now);
    const refused = createUnsentStore(
      URL,
      () => {
        throw new DOMException('sandboxed', 'SecurityError');
      },
      Date.now,
    );
    for (const store of [full, refused]) {
      store.measure();
      expect(store.put(store.name(envelope(), 1))).toBe(false);
      expect(store.ids()).toEqual([]);
      expect(store.take('spanstream.unsent.1.1.1.1.x')).toBeUndefined();
    }
  });

  test('R32: entries that are not of ours, or were damaged, are left alone or leave as lost', () => {
    const storage = createStorage();
    const store = createUnsentStore(URL, () => storage, Date.now);
    storage.setItem('spanstream.unsent.x.y', `${URL}\n{}`);
    storage.setItem('theirs', 'x');
    expect(store.ids()).toEqual(['spanstream.unsent.x.y']);
    expect(store.take('spanstream.unsent.x.y')).toMatchObject({ text: undefined, spanCount: 0 });
    expect(storage.length).toBe(1);
  });
});
