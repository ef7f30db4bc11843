import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from './packages.mjs';

const core = 'packages/core/src';
const lines = (count, line) => `${line}\n`.repeat(count);

/** Each file violates one rule on purpose. */
const VIOLATIONS = [
  ['an import of a station above', `${core}/span/up.ts`, "export { a } from '../context/a.ts';", 'no-restricted-imports'],
  ['a type import of a station above', `${core}/wire/up.ts`, "export type { A } from '../delivery/a.ts';", 'no-restricted-imports'],
  ['an import of a root file above', `${core}/stream/up.ts`, "export { a } from '../lifecycle.ts';", 'no-restricted-imports'],
  ['a dynamic import of a station above', `${core}/trace/up.ts`, "export const a = import('../stream/a.ts');", 'no-restricted-imports'],
  ['an inline type import', `${core}/trace/inline.ts`, "export type A = import('../stream/a.ts').A;", 'consistent-type-imports'],
  ['stream importing static', `${core}/stream/beside.ts`, "export { a } from '../static/a.ts';", 'no-restricted-imports'],
  ['static importing stream', `${core}/static/beside.ts`, "export { a } from '../stream/a.ts';", 'no-restricted-imports'],
  ['the options in the hot path', `${core}/trace/options.ts`, "export type { Options } from '../options.ts';", 'no-restricted-imports'],
  ['a contract importing a lifecycle', `${core}/platform.ts`, "export type { A } from './lifecycle.ts';", 'no-restricted-imports'],
  [
    'a root file other than the lifecycle that imports a mode',
    `${core}/client.ts`,
    "export type { A } from './stream/a.ts';",
    'no-restricted-imports',
  ],
  ['the setup importing a mode', `${core}/setup.ts`, "export { a } from './static/a.ts';", 'no-restricted-imports'],
  ['a foreign package in core', `${core}/delivery/foreign.ts`, "export { request } from 'undici';", 'no-restricted-imports'],
  ['a Node module in core', `${core}/testing.ts`, "export { readFileSync } from 'node:fs';", 'no-restricted-imports'],
  ['a sibling package by path', `packages/node/src/path.ts`, "export { a } from '../../core/src/index.ts';", 'no-restricted-imports'],
  ['a cycle of types', `${core}/span/one.ts`, "import type { Two } from './two.ts';\nexport type One = Two | 1;", 'no-cycle'],
  ['the other half of a cycle', `${core}/span/two.ts`, "export type { One as Two } from './one.ts';", 'no-cycle'],
  ['a timer in core', `${core}/delivery/timer.ts`, 'export const stop = setTimeout(() => 1, 1);', 'no-restricted-globals'],
  ['a timer of globalThis in core', `${core}/delivery/global.ts`, 'export const now = globalThis.performance;', 'no-restricted-globals'],
  ['the console', 'packages/node/src/log.ts', "console.log('hello');", 'no-console'],
  ['any', 'packages/node/src/any.ts', 'export const any: any = 1;', 'no-explicit-any'],
  ['an empty catch', 'packages/node/src/catch.ts', 'try {\n  JSON.parse("");\n} catch {}', 'no-empty'],
  ['a promise nobody waits for', 'packages/node/src/floating.ts', 'Promise.reject(new Error());', 'no-floating-promises'],
  [
    'five parameters',
    'packages/node/src/five.ts',
    'export const f = (a = 1, b = 1, c = 1, d = 1, e = 1): number => a + b + c + d + e;',
    'max-params',
  ],
  ['a file of 251 lines', 'packages/node/src/long.ts', lines(251, "import 'node:fs';"), 'max-lines'],
  ['a function of 61 lines', 'packages/node/src/f.ts', `export function f(): void {\n${lines(59, '  f();')}}`, 'max-lines-per-function'],
];

const LAWFUL = {
  [`${core}/lifecycle.ts`]: "export { a } from './stream/a.ts';\nexport { a as b } from './static/a.ts';",
  [`${core}/index.ts`]: "export { a } from './stream/a.ts';\nexport { b } from './lifecycle.ts';",
  [`${core}/stream/a.ts`]:
    "export { a } from '../delivery/a.ts';\nexport type { A } from '../integration.ts';\nexport type { O } from '../options.ts';",
  [`${core}/delivery/a.ts`]: "export { default } from 'fetch-retry';\nexport { SENTRY_OP } from '@sentry/conventions/attributes';",
  'packages/node/src/sixty.ts': `export function f(): void {\n${lines(58, '  f();')}}`,
  [`${core}/span/any.test.ts`]: `import '../setup.ts';\nimport 'node:fs';\n${lines(300, 'setTimeout(() => 1, 1);')}`,
  'packages/node/src/platform.ts': "console.log('a platform logs');",
};

const folder = mkdtempSync(join(tmpdir(), 'spanstream-lint-'));
afterAll(() => rmSync(folder, { recursive: true }));
const diagnostics = lint();

function lint() {
  for (const file of ['oxlint.config.mjs', 'tsconfig.base.json']) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const files = { ...LAWFUL, ...Object.fromEntries(VIOLATIONS.map(([, file, text]) => [file, text])) };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const args = ['-c', 'oxlint.config.mjs', '-f', 'json', 'packages'];
  const { stdout } = spawnSync('node_modules/.bin/oxlint', args, { cwd: folder, encoding: 'utf8' });
  return JSON.parse(stdout).diagnostics;
}

const rulesBrokenBy = (file) => diagnostics.filter(({ filename }) => filename === file).map(({ code }) => code.replace(/^.*\(|\)$/g, ''));

test.each(VIOLATIONS)('refuses %s (%s)', (_, file, _text, rule) => {
  expect(rulesBrokenBy(file)).toContain(rule);
});

test.each(Object.keys(LAWFUL))('accepts %s', (file) => {
  expect(rulesBrokenBy(file)).toEqual([]);
});
