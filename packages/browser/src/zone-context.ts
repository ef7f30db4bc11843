import type { Carrier, Frame } from './page-context.ts';

interface Zone {
  readonly name: string;
  readonly parent: Zone;
  get(key: string): unknown;
  fork(spec: { readonly name: string; readonly properties: Record<string, unknown> }): Zone;
  run<T>(callback: () => T): T;
}

const KEY = `spanstream@${__SDK_VERSION__}`;

function findZones(): { readonly current: Zone; readonly currentTask: unknown; readonly root: Zone } | undefined {
  const { Zone } = globalThis as { Zone?: ReturnType<typeof findZones> };
  return Zone?.root?.fork ? Zone : undefined;
}

/** zone.js as the carrier, where the page has it: one zone for each context that something runs in. */
export function createZoneCarrier(): Carrier | undefined {
  const zones = findZones();
  return (
    zones && {
      get: () => zones.current.get(KEY) as Frame | undefined,
      run(frame, callback) {
        const { current } = zones;
        // Beside each other: polling that starts itself anew would else nest zones for ever.
        return (current.name === KEY ? current.parent : current).fork({ name: KEY, properties: { [KEY]: frame } }).run(callback);
      },
      // zone.js runs waiting microtasks as soon as a listener returns, even where a script dispatched the event.
      task: () => zones.currentTask,
    }
  );
}

/** Runs the callback where neither a span's zone nor Angular's hears of what it starts, e.g. of the SDK's own timers. */
export function outsideZones<T>(callback: () => T): T {
  const zones = findZones();
  return zones ? zones.root.run(callback) : callback();
}
