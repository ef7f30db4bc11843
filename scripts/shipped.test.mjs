/** What npm would deliver: the tarballs of `scripts/pack.mjs`, unpacked into an empty application. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { root } from './packages.mjs';

vi.setConfig({ testTimeout: 60_000 });

const application = mkdtempSync(join(tmpdir(), 'spanstream-application-'));
afterAll(() => rmSync(application, { recursive: true }));

for (const name of ['core', 'node']) {
  const tarball = readdirSync(`${root}.cache/packs`).find((file) => file.startsWith(`spanstream-${name}-`));
  const target = `${application}/node_modules/@spanstream/${name}`;
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['xzf', `${root}.cache/packs/${tarball}`, '-C', target, '--strip-components=1']);
}
for (const [owner, dependency] of [
  ['packages/core', 'fetch-retry'],
  ['packages/node', 'undici'],
  ['.', '@types'],
]) {
  symlinkSync(join(root, owner, 'node_modules', dependency), join(application, 'node_modules', dependency));
}

const write = (file, text) => {
  mkdirSync(dirname(join(application, file)), { recursive: true });
  writeFileSync(join(application, file), text);
};
const run = (...args) => spawnSync(process.execPath, args, { cwd: application, encoding: 'utf8' });

test.each(['@spanstream/core', '@spanstream/core/testing', '@spanstream/node'])(
  '%s exports the same names as ES module and as CommonJS',
  (name) => {
    const names = 'console.log(Object.keys(module).sort().join())';
    const imported = run('--input-type=module', '-e', `import * as module from '${name}'; ${names}`);
    const required = run(
      '--no-experimental-require-module',
      '--input-type=commonjs',
      '-e',
      `const exports_ = require('${name}'); ${names.replace('module', 'exports_')}`,
    );
    expect(imported.stderr + required.stderr).toBe('');
    expect(required.stdout).toBe(imported.stdout);
  },
);

test('import and require meet the same instance', () => {
  const { stdout } = run(
    '--input-type=commonjs',
    '-e',
    "const a = require('@spanstream/node'); import('@spanstream/node').then((b) => console.log(a.init === b.init))",
  );
  expect(stdout).toBe('true\n');
});

const USE = `
import * as SpanStream from '@spanstream/node';

export const client = SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
export const order: Promise<number> = SpanStream.tracing.startSpan({ name: 'checkout', attributes: { 'cart.items': 3 } }, async (span) => {
  span.setAttribute('cart.total', { value: 12.5, unit: 'euro' }).setStatus('ok');
  return 1;
});
export function block(): string {
  using span = SpanStream.tracing.startSpan({ name: 'block' });
  return span.name;
}
`;

test.each([
  ['nodenext', 'use.mts'],
  ['nodenext', 'use.cts'],
  ['bundler', 'use.ts'],
])('the types hold for a strict application without skipLibCheck (%s, %s)', (resolution, file) => {
  write(file, USE);
  const options = [
    '--module',
    resolution === 'bundler' ? 'esnext' : resolution,
    '--moduleResolution',
    resolution,
    '--target',
    'es2022',
    '--lib',
    'es2022',
  ];
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
    '--types',
    'node',
    '--noEmit',
  ];
  const { stdout } = run(join(root, 'node_modules/typescript/bin/tsc'), ...options, ...strict, file);
  // @types/node is not itself safe under exactOptionalPropertyTypes.
  expect(stdout.split('\n').filter((line) => /^\S/.test(line) && !line.includes('/@types/node/'))).toEqual([]);
});
