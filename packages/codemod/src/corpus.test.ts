import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as SpanStream from '@spanstream/node';
import { transform as compile } from 'esbuild';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { transformComponent } from './script-blocks.ts';
import { transform, type Transformed } from './transform.ts';
import type { Language } from './syntax.ts';

interface Case {
  readonly name: string;
  readonly language: string;
  /** Makes spans when it is run as it stands. */
  readonly isRun: boolean;
  readonly before: string;
  readonly after: string;
}

const folder = fileURLToPath(new URL('../corpus/', import.meta.url));

/** `### name [language run]`, the code before, `>>>`, the code after. */
const cases: Case[] = readdirSync(folder).flatMap((file) =>
  readFileSync(`${folder}${file}`, 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((text) => {
      const { name, language, run } = /^(?<name>.*) \[(?<language>\w+)(?<run> run)?\]\n/.exec(text)!.groups!;
      const [before = '', after = ''] = text.slice(text.indexOf('\n') + 1).split('>>>\n');
      return { name: name!, language: language!, isRun: run !== undefined, before, after };
    }),
);

const isComponent = (language: string): boolean => language === 'vue' || language === 'svelte';
const move = (source: string, language: string): Transformed =>
  isComponent(language) ? transformComponent(source, {}) : transform(source, { language: language as Language });

test('the corpus has every shape that users write', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(new Set(cases.map(({ language }) => language))).toEqual(new Set(['js', 'ts', 'tsx', 'vue', 'svelte']));
});

describe('moves exactly', () => {
  test.each(cases)('$name', ({ before, after, language }) => {
    expect(move(before, language).text).toBe(after);
  });
});

describe('a second run changes nothing', () => {
  test.each(cases)('$name', ({ after, language }) => {
    expect(move(after, language).text).toBe(after);
  });
});

/** A finished span without what differs from run to run. */
interface Tree {
  readonly name: string;
  readonly status: string;
  readonly attributes: object;
  readonly children: Tree[];
}

const OF_THE_SDK = /^(?:sentry\.(?!op$|status\.message$)|server\.|process\.|os\.)/;

function treesOf(spans: readonly SpanStream.SpanJSON[], parentId?: string): Tree[] {
  const ids = new Set(spans.map(({ span_id }) => span_id));
  return spans
    .filter(({ parent_span_id: id }) => (parentId === undefined ? id === undefined || !ids.has(id) : id === parentId))
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, status, attributes, span_id }) => ({
      name,
      status,
      attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !OF_THE_SDK.test(key))),
      children: treesOf(spans, span_id),
    }));
}

const nodeRequire = createRequire(import.meta.url);

/** Runs the code with the SDK of this repository in place of its imports. */
async function spansOf(code: string, traceLifecycle: 'static' | 'stream'): Promise<Tree[]> {
  const spans: SpanStream.SpanJSON[] = [];
  const keep = {
    name: 'memory',
    send: (batch: readonly SpanStream.SpanJSON[]) => void spans.push(...batch),
    flush: async () => true,
    close: async () => true,
  };
  const client = SpanStream.init({ traceLifecycle, tracesSampleRate: 1, sinks: [keep as never], integrations: [] });
  const { code: body } = await compile(`export {};\nexport const done = (async () => {\n${code.replace(IMPORT, toRequire)}\n})();`, {
    format: 'cjs',
    loader: 'ts',
  });
  const module = { exports: {} as { done?: Promise<void> } };
  const load = (name: string): unknown => (name === '@spanstream/node' ? SpanStream : nodeRequire(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- the corpus is code
  new Function('require', 'module', 'exports', body)(load, module, module.exports);
  await module.exports.done;
  await client.close();
  return treesOf(spans);
}

/** Imports cannot stand in a function. */
const IMPORT = /^import (?:\* as (\w+)|\{([^}]*)\}) from '([^']+)';$/gm;
const toRequire = (_: string, namespace: string | undefined, names: string | undefined, source: string): string =>
  `const ${namespace ?? `{${names!.replaceAll(' as ', ': ')}}`} = require('${source}');`;

describe('yields the same spans when run, before and after', () => {
  test.each(cases.filter(({ isRun }) => isRun))('$name', async ({ before, after }) => {
    const old = await spansOf(before, 'static');
    expect(old.length).toBeGreaterThan(0);
    expect(await spansOf(after, 'stream')).toEqual(old);
  });
});

const compiled = fileURLToPath(new URL('../.cache/corpus/', import.meta.url));
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

test('what was moved compiles', { timeout: 120_000 }, () => {
  rmSync(compiled, { recursive: true, force: true });
  mkdirSync(compiled, { recursive: true });
  // What has a note waits for a person; components and Flow have compilers of their own; of the other SDK two packages are installed.
  const unchecked = /\/\/ (?:spanstream:|@flow)|@sentry\/(?!node|browser)/;
  const checked = cases.filter(({ after, language }) => !isComponent(language) && !unchecked.test(after));
  expect(checked.length).toBeGreaterThan(80);
  const files = checked.map(({ after, language }, i) => {
    const file = `${compiled}${i}.${language === 'tsx' || /<\w+ on/.test(after) ? 'tsx' : 'ts'}`;
    writeFileSync(file, `${after}\nexport {};\n`);
    return file;
  });
  writeFileSync(
    `${compiled}globals.d.ts`,
    'declare function save(): void;\ndeclare namespace JSX { interface IntrinsicElements { [name: string]: unknown } }\n',
  );
  const program = ts.createProgram([...files, `${compiled}globals.d.ts`], {
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    experimentalDecorators: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.Preserve,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    paths: { '@spanstream/browser': [fileURLToPath(new URL('../../browser/src/index.ts', import.meta.url))] },
  });
  const problems = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.startsWith(compiled) === true);
  expect(problems.map(({ file, messageText }) => `${file!.text}\n${ts.flattenDiagnosticMessageText(messageText, '\n')}`)).toEqual([]);
});
