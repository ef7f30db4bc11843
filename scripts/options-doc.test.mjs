/** docs/options.md against the sources: the same options, variables and defaults, both ways. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { resolveOptions } from '../packages/core/src/options.ts';
import { resolveOtlpOptions } from '../packages/otlp/src/otlp-options.ts';
import { root } from './packages.mjs';

const read = (file) => readFileSync(root + file, 'utf8');
const document = read('docs/options.md');

/** The members of an interface, as they stand in the source. */
function membersOf(file, name) {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const found = source.statements.find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name);
  if (found === undefined) throw new Error(`${file} has no interface ${name}`);
  return found.members.map((member) => member.name.text);
}

/** The rows of all tables whose first column has that title, as lists of cells. */
function rowsUnder(title) {
  const rows = [];
  let isInside = false;
  for (const line of document.split('\n')) {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells.length === 0) isInside = false;
    else if (isInside && !/^:?-+:?$/.test(cells[0])) rows.push(cells);
    else if (cells[0] === title) isInside = true;
  }
  return rows;
}

const nameIn = (cell) => /^`(.+)`$/.exec(cell)?.[1] ?? cell;
const sorted = (names) => [...names].toSorted();

const GROUPS = {
  batching: ['packages/core/src/options.ts', 'BatchingOptions'],
  holdback: ['packages/core/src/options.ts', 'HoldbackOptions'],
  attributeLimits: ['packages/core/src/span/attributes.ts', 'AttributeLimits'],
};
const INTEGRATION_OPTIONS = [
  ['packages/node/src/instrument/http-server.ts', 'HttpServerOptions'],
  ['packages/browser/src/instrument/idle-span.ts', 'IdleTimeouts'],
  ['packages/browser/src/instrument/navigation.ts', 'NavigationOptions'],
  ['packages/browser/src/instrument/outgoing.ts', 'RequestOptions'],
  ['packages/browser/src/instrument/interactions.ts', 'InteractionsOptions'],
  ['packages/opentelemetry/src/open-telemetry-integration.ts', 'OpenTelemetryOptions'],
];
const options = membersOf('packages/core/src/options.ts', 'Options').flatMap((name) => [
  ...(name in GROUPS ? membersOf(...GROUPS[name]).map((part) => `${name}.${part}`) : [name]),
  ...(name === '_experiments' ? ['_experiments.traceLifecycle'] : []),
]);
const expected = options.filter((name) => name !== '_experiments');

test('docs/options.md has each option of init, and no other', () => {
  expect(sorted(rowsUnder('option').map(([cell]) => nameIn(cell)))).toEqual(sorted(expected));
});

test('docs/options.md has the defaults that are simple values', () => {
  const resolved = resolveOptions({}, {}, { maxMemoryBytes: 33_554_432 }, () => undefined);
  for (const [cell, , defaultCell] of rowsUnder('option')) {
    const [group, part] = nameIn(cell).split('.');
    const value = part === undefined ? resolved[group] : resolved[group]?.[part];
    const isSimple = ['string', 'number', 'boolean'].includes(typeof value);
    if (isSimple) expect(defaultCell.replaceAll(',', ''), `default of ${nameIn(cell)}`).toContain(`\`${value}\``);
  }
});

test('docs/options.md has each option of the integrations, and no other', () => {
  const members = INTEGRATION_OPTIONS.flatMap(([file, name]) => membersOf(file, name));
  expect(sorted(rowsUnder('integration option').map(([cell]) => nameIn(cell)))).toEqual(sorted(members));
});

test('docs/options.md has each environment variable that is read, and no other', () => {
  const names = new Set(read('packages/core/src/environment.ts').match(/SENTRY_[A-Z_]+/g));
  expect(sorted(rowsUnder('variable').map(([cell]) => nameIn(cell)))).toEqual(sorted(names));
});

test('docs/options.md has each option of otlpSink with its default, and no other', () => {
  const rows = rowsUnder('OTLP option');
  expect(sorted(rows.map(([cell]) => nameIn(cell)))).toEqual(sorted(membersOf('packages/otlp/src/otlp-options.ts', 'OtlpSinkOptions')));
  const resolved = resolveOtlpOptions({}, { env: {}, isPage: false });
  for (const [cell, , defaultCell] of rows) {
    const value = resolved[nameIn(cell)];
    if (typeof value !== 'object') expect(defaultCell.replaceAll("'", ''), `default of ${nameIn(cell)}`).toContain(`\`${value}\``);
  }
});

test('docs/options.md has each variable that otlpSink reads, and no other', () => {
  const names = rowsUnder('OTLP variable').flatMap(([cell]) => cell.match(/OTEL_[A-Z_]+/g));
  const asked = new Set();
  resolveOtlpOptions({}, { env: new Proxy({}, { get: (_env, name) => void asked.add(name) }), isPage: false });
  expect(sorted(names)).toEqual(sorted(asked));
});
