/** Prints what became of a page's spans, by the way it ended and the engine: `node exit-table.mjs [engine or part of a case …]`. */
import { engines } from './engines.mjs';
import { exitCases } from './exit-cases.mjs';
import { measureExits } from './measure-exits.mjs';

const wanted = process.argv.slice(2);
const isEngine = (word) => engines.some(({ name }) => name === word);
const [wantedEngines, wantedCases] = [wanted.filter(isEngine), wanted.filter((word) => !isEngine(word))];
const measured = await measureExits(
  (engine) => wantedEngines.length === 0 || wantedEngines.includes(engine),
  exitCases.filter(({ name }) => wantedCases.length === 0 || wantedCases.some((word) => name.includes(word))),
);
const columns = ['created', 'delivered', 'next load', 'refused', 'died', 'duplicated', 'lost'];
let hasFault = measured.length === 0;

console.log(`| page's end | engine | ${columns.join(' | ')} |`);
console.log(`| --- | --- | ${columns.map(() => '--:').join(' | ')} |`);
for (const { exitCase } of measured.filter(({ engine }) => engine === measured[0].engine)) {
  for (const one of measured.filter((other) => other.exitCase === exitCase)) printRow(one);
}
console.log(
  `
Spans. delivered: before the next load of the origin; next load: on it; refused: the backend's 429 took them, or the client report counts them
under the limit it set; died: with the process, never sent, or with the page's last request, which nobody outlives to repeat; lost: no trace.
${[...new Set(measured.map(({ engine, version }) => `${engine} ${version}`))].join(', ')}.`,
);
if (hasFault) process.exitCode = 1;

function printRow({ engine, exitCase, result, error }) {
  const where = `${exitCase.name} | ${engine}`;
  if (error !== undefined) {
    hasFault = true;
    console.log(`| ${where} | not measured: ${String(error).split('\n')[0]} |`);
    return;
  }
  const { created, delivered, deliveredNextLoad, refused, duplicated, stored, faults } = result;
  const died = Math.min(result.lost, exitCase.lostAtEnd ?? 0);
  const lost = result.lost - died;
  if (lost + duplicated + faults.length + stored.length > 0) hasFault = true;
  for (const fault of [...faults, ...stored.map((key) => `${key} is still stored`)]) console.error(`${where}: ${fault}`);
  console.log(`| ${where} | ${[created, delivered, deliveredNextLoad, refused, died, duplicated, lost].join(' | ')} |`);
}
