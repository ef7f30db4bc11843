import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { run, type Summary } from './run.ts';

const OLD = "import { startTransaction } from '@spanstream/node';\nstartTransaction({ name: 'job' }).finish();\n";
const NEW = "import { tracing } from '@spanstream/node';\ntracing.startSpan({ name: 'job', parentSpan: null, active: false }).end();\n";

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codemod-'));
  printed = '';
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
});

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const runHere = (isDry = false): Summary => run([folder], isDry, (text) => void (printed += text));

test('files are moved, once', () => {
  write('a.mjs', OLD);
  write('b.txt', OLD);
  expect(runHere()).toEqual({ changed: 1, notes: 0, failed: 0 });
  expect(read('a.mjs')).toBe(NEW);
  expect(read('b.txt')).toBe(OLD);
  expect(runHere()).toEqual({ changed: 0, notes: 0, failed: 0 });
});

test('a dry run prints a diff and writes nothing', () => {
  write('a.js', OLD);
  expect(runHere(true)).toEqual({ changed: 1, notes: 0, failed: 0 });
  expect(read('a.js')).toBe(OLD);
  expect(printed).toContain("-startTransaction({ name: 'job' }).finish();\n+import { tracing }");
});

test('a file that is no code is named and left as it is, the others are moved', () => {
  const broken = `${OLD}const = ;\n`;
  write('broken.ts', broken);
  write('fine.ts', OLD);
  write('broken.vue', `<script>\n${OLD}</script>\n<script>\n@spanstream/ const = ;\n</script>\n`);
  const component = read('broken.vue');
  expect(runHere()).toEqual({ changed: 1, notes: 0, failed: 2 });
  expect(read('broken.ts')).toBe(broken);
  expect(read('broken.vue')).toBe(component);
  expect(read('fine.ts')).toBe(NEW);
  expect(printed).toMatch(/broken\.ts: skipped, Unexpected token/);
});

test('places to look at are counted', () => {
  write('a.js', "import { init } from '@spanstream/node';\ninit(options);\n");
  expect(runHere()).toEqual({ changed: 1, notes: 1, failed: 0 });
  expect(printed).toContain('1 to look at');
});

test('lines end as they did', () => {
  const note = "import { init } from '@spanstream/node';\ninit(options);\n";
  write('windows.js', `${OLD}${note}`.replaceAll('\n', '\r\n'));
  write('mixed.js', `// a\r\n${OLD}`);
  expect(runHere()).toEqual({ changed: 2, notes: 1, failed: 0 });
  expect(read('windows.js').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(read('mixed.js')).toBe(`// a\r\n${NEW}`);
});

test('a package.json that is none says nothing', () => {
  write('package.json', '{');
  write('a.js', OLD);
  expect(runHere()).toEqual({ changed: 1, notes: 0, failed: 0 });
});

test('a file that only passes spans along imports what the application has', () => {
  write('package.json', '{ "dependencies": { "@sentry/browser": "11.0.0" } }');
  write('a.js', "export const step = (span) => span.startChild({ description: 'step' }).finish();\n");
  runHere();
  expect(read('a.js')).toMatch(/^import \{ tracing \} from '@spanstream\/browser';\n/);
});
