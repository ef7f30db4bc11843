import { bundlePage } from './bundle-page.mjs';
import { engines, reasonToSkip } from './engines.mjs';
import { exitCases } from './exit-cases.mjs';
import { runExitCase } from './run-exit-case.mjs';

/**
 * @typedef {import('./run-exit-case.mjs').ExitResult} ExitResult
 * @typedef {{ engine: string, version: string, exitCase: import('./exit-cases.mjs').ExitCase, result?: ExitResult, error?: unknown }} Measured
 */

/**
 * Every case in every engine that is here: the engines side by side, the cases of one after the other.
 * @param {(engine: string) => boolean} isWanted
 * @param {import('./exit-cases.mjs').ExitCase[]} cases
 * @returns {Promise<Measured[]>}
 */
export async function measureExits(isWanted = () => true, cases = exitCases) {
  const script = await bundlePage('exit');
  const present = engines.filter((engine) => isWanted(engine.name) && reasonToSkip(engine) === undefined);
  return (await Promise.all(present.map((engine) => measureEngine(engine, cases, script)))).flat();
}

async function measureEngine({ name, start }, cases, script) {
  const engine = await start();
  const measured = [];
  try {
    for (const exitCase of cases) {
      const one = await runExitCase(engine, exitCase, script).then(
        (result) => ({ result }),
        (error) => ({ error }),
      );
      measured.push({ engine: name, version: engine.version, exitCase, ...one });
    }
  } finally {
    await engine.close();
  }
  return measured;
}
