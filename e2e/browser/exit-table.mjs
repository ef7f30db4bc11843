/** Prints what became of a page's spans, by the way it ended and the engine: `node exit-table.mjs [engine …]`. */
import { bundlePage } from './bundle-page.mjs';
import { engines, reasonToSkip } from './engines.mjs';
import { exitCases } from './exit-cases.mjs';
import { runExitCase } from './run-exit-case.mjs';

const wanted = process.argv.slice(2);
const script = await bundlePage('exit');
const rows = [];
for (const { name, files, start } of engines) {
  if ((wanted.length > 0 && !wanted.includes(name)) || reasonToSkip({ name, files }) !== undefined) continue;
  const engine = await start();
  for (const exitCase of exitCases) rows.push({ engine: name, ...(await measure(engine, exitCase)) });
  console.error(`${name} ${engine.version} is through`);
  await engine.close();
}

async function measure(engine, exitCase) {
  const { created, delivered, deliveredNextLoad, duplicated, refused, lost, faults } = await runExitCase(engine, exitCase, script);
  for (const fault of faults) console.error(`${engine.name}, ${exitCase.name}: ${fault}`);
  const lostWithProcess = Math.min(lost, exitCase.lostWithProcess ?? 0);
  return { case: exitCase.name, created, delivered, deliveredNextLoad, refused, lostWithProcess, duplicated, lost: lost - lostWithProcess };
}

const columns = ['created', 'delivered', 'next load', 'refused', 'died', 'duplicated', 'lost'];
console.log(`| engine | case | ${columns.join(' | ')} |`);
console.log(`| --- | --- | ${columns.map(() => '--:').join(' | ')} |`);
for (const { engine, case: name, ...counts } of rows) console.log(`| ${engine} | ${name} | ${Object.values(counts).join(' | ')} |`);
console.log(
  `\nSpans. delivered: before the next load of the origin; next load: on it; refused: a 429 took them, or the client report counts them under
the limit it set; died: never sent and gone with a process that was killed; lost: no trace of them.`,
);
process.exitCode = rows.some(({ duplicated, lost }) => duplicated + lost > 0) ? 1 : 0;
