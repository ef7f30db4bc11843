import { expandShort } from '@spanstream/core';

const PREFIX = 'spanstream.unsent.';
/** Together; a page has about 5,000,000 characters, most of which are to stay the application's. */
const MAX_CHARACTERS = 1_000_000;
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Of an envelope: it must be the time of sending, or the server shifts all spans by the time that it lay here. */
const SENT_AT = /(?<=^\{"sent_at":")[^"]+/;

/** An envelope that a page could not send. */
export interface StoredEnvelope {
  readonly id: string;
  readonly spanCount: number;
  /** Milliseconds since the epoch when it was first stored. */
  readonly atMs: number;
  /** Undefined when it lay here for too long. */
  readonly text: string | undefined;
}

/** An envelope that is to be stored. */
export interface UnsentEnvelope {
  readonly id: string;
  readonly text: string;
}

/** Envelopes that outlive their page, for its origin's next one. */
export interface UnsentStore {
  /** Measures the room for what is put in next; it costs a page that goes away as much as a kilobyte written for each key. */
  measure(): void;
  /** Gives an envelope its id. @param atMs when it was first stored, if it comes back */
  name(text: string, spanCount: number, atMs?: number): UnsentEnvelope;
  /** False where there is no storage or no room. What is put in twice lies here once. */
  put(envelope: UnsentEnvelope): boolean;
  /** The ids of what lies here for this destination, oldest first. */
  ids(): string[];
  /** Takes one out; undefined when another page was faster. */
  take(id: string): StoredEnvelope | undefined;
}

/**
 * Keeps envelopes in `localStorage`: the one storage that is written before the call returns, which is all the time that a page
 * has that goes away. IndexedDB would not have committed yet.
 */
export function createUnsentStore(url: string, getStorage: () => Storage, wallClockMs: () => number): UnsentStore {
  let lastNumber = 0;
  let room = 0;
  // Sandboxed frames and blocked cookies make the very access throw; the store is then one that is always full and empty.
  const attempt = <T>(action: (storage: Storage) => T, otherwise: T): T => {
    try {
      return action(getStorage());
    } catch {
      return otherwise;
    }
  };
  // Also what claims to come from the future.
  const isOld = (id: string): boolean => !(Math.abs(wallClockMs() - Number(id.split('.')[2])) < MAX_AGE_MS);
  const allIds = (storage: Storage): string[] =>
    Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '')
      .filter((key) => key.startsWith(PREFIX))
      .sort();

  return {
    measure() {
      room = attempt((storage) => allIds(storage).reduce((rest, id) => rest - Number(id.split('.')[4]), MAX_CHARACTERS), 0);
    },
    name(text, spanCount, atMs = wallClockMs()) {
      const order = String(1000 + (lastNumber++ % 9000));
      const random = Math.random().toString(36).slice(2, 10);
      return { id: `${PREFIX}${atMs}.${order}.${text.length}.${spanCount}.${random}`, text };
    },
    put: ({ id, text }) =>
      attempt((storage) => {
        room -= text.length;
        if (room < 0) return false;
        storage.setItem(id, `${url}\n${text}`);
        return true;
      }, false),
    ids: () =>
      attempt(
        (storage) =>
          allIds(storage).filter((id) => {
            const isOurs = storage.getItem(id)?.startsWith(`${url}\n`) === true;
            // Of a destination that the origin no longer has, perhaps.
            if (!isOurs && isOld(id)) storage.removeItem(id);
            return isOurs;
          }),
        [],
      ),
    take: (id) =>
      attempt((storage) => {
        const value = storage.getItem(id);
        if (value === null) return undefined;
        storage.removeItem(id);
        const text = expandShort(value.slice(url.length + 1)).replace(SENT_AT, new Date(wallClockMs()).toISOString());
        const [, , atMs, , , spanCount] = id.split('.').map(Number);
        return { id, spanCount: spanCount || 0, atMs: atMs || 0, text: isOld(id) ? undefined : text };
      }, undefined),
  };
}
