import { startBackend, unreachableDsn } from '../backend/start-backend.mjs';
import { lastReport, startProgram } from '../process/start-program.mjs';

/**
 * Runs a program against a backend of its own.
 * @param {string} file
 * @param {{ argument: string | number, countsOnly?: boolean, timeoutMs?: number }} options
 */
async function measure(file, { argument, countsOnly = false, timeoutMs = 120_000 }) {
  const backend = await startBackend({ countsOnly });
  try {
    const program = startProgram(file, {
      nodeArgs: ['--expose-gc'],
      args: [String(argument)],
      env: { SENTRY_DSN: backend.dsn },
      timeoutMs,
    });
    return { ...lastReport(await program.ended), backend };
  } finally {
    await backend.close();
  }
}

/** Spans of one trace that reach the backend (R10). */
export const measureOneTrace = (count) => measure('one-trace.mjs', { argument: count });

/** Traces of one span each that leave with one flush (R17). */
export const measureManyTraces = (count) => measure('many-traces.mjs', { argument: count });

/** What ended and sent children under an open parent leave on the heap (R9). */
export const measureOpenParent = (count) => measure('open-parent.mjs', { argument: count, countsOnly: true });

/** What unsampled spans leave on the heap (R8). */
export const measureUnsampled = (count) => measure('unsampled.mjs', { argument: count });

/**
 * The memory of a busy service whose backend is down (R16).
 * @param {{ seconds: number, tracesPerSecond?: number, sampleEverySeconds?: number, maxMemoryBytes?: number }} load
 * @param {string} [dsn] of a backend that misbehaves in another way than not to be there
 * @returns {Promise<{ samples: { second: number, heapUsed: number, rss: number, started: number, lost: number, isBalanced: boolean }[], summary: any }>}
 */
export async function measureBackendDown(load, dsn) {
  const program = startProgram('backend-down.mjs', {
    nodeArgs: ['--expose-gc'],
    args: [JSON.stringify(load)],
    env: { SENTRY_DSN: dsn ?? (await unreachableDsn()) },
    timeoutMs: (load.seconds + 60) * 1000,
  });
  const end = await program.ended;
  const summary = lastReport(end);
  const samples = end.stdout
    .trim()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { samples, summary };
}
