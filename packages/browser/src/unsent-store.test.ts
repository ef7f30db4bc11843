import { describe, expect, test } from 'vitest';
import { createUnsentStore } from './unsent-store.ts';

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

const envelope = (spanCount: number, length = 0) => ({
  text: `{"sent_at":"2020-01-01T00:00:00.000Z","sdk":{}}\n${'a'.repeat(length)}`,
  spanCount,
});

describe('the store of unsent envelopes', () => {
  test('R32: what was put in comes out once, oldest first, with the time of sending made new', () => {
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    const store = createUnsentStore(
      URL,
      () => storage,
      () => nowMs,
    );
    const storage = createStorage();
    const ids = store.put([envelope(3), envelope(4)]);
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
    const [id] = store.put([{ text: 'in common, \tname\t{"sent_at":"2020-01-01T00:00:00.000Z"}\n{}\n[\t\r; \r]\n', spanCount: 2 }]);
    expect(store.take(id!)?.text).toBe('{"sent_at":"2026-01-01T00:00:00.000Z"}\n{}\n[in common, name; name]\n');
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
    const [id] = store.put([envelope(3)]);
    other.put([envelope(1)]);
    expect([store.ids().length, other.ids().length]).toEqual([1, 1]);
    nowMs += 25 * HOUR_MS;
    expect(store.ids()).toEqual([id]);
    expect(storage.length).toBe(1);
    expect(store.take(id!)).toMatchObject({ spanCount: 3, text: undefined });
  });

  test('R32: what comes back keeps its age', () => {
    const storage = createStorage();
    const store = createUnsentStore(
      URL,
      () => storage,
      () => 1_800_000_000_000,
    );
    const [id] = store.put([{ ...envelope(1), atMs: 1_799_999_000_000 }]);
    expect(store.take(id!)?.atMs).toBe(1_799_999_000_000);
  });

  test('R32: it takes a million characters and leaves the rest of the storage to the application', () => {
    const storage = createStorage();
    const store = createUnsentStore(URL, () => storage, Date.now);
    const ids = store.put(Array.from({ length: 30 }, () => envelope(1, 50_000)));
    expect(ids.filter((id) => id !== undefined)).toHaveLength(19);
    expect(store.put([envelope(1, 60_000)])).toEqual([undefined]);
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
      expect(store.put([envelope(1)])).toEqual([undefined]);
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
