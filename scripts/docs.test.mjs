/**
 * The examples of the documents, against the sources: each block is type-checked, and run in a process of its own with a
 * backend on loopback. Where a block does not call `init`, it runs as if the first example of the guide stood before it.
 * ```ts no-run``` is only type-checked; what stands in a comment `<!-- prelude … -->` right before a block is put in front of it.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from './packages.mjs';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const DOCUMENTS = [
  'README.md',
  'docs/guide.md',
  'docs/options.md',
  'docs/browser.md',
  'docs/migration.md',
  'docs/otlp.md',
  'packages/core/README.md',
  'packages/node/README.md',
  'packages/browser/README.md',
  'packages/otlp/README.md',
  'docs/opentelemetry.md',
  'packages/opentelemetry/README.md',
];
const BLOCK = /(?:<!-- prelude\n([\s\S]*?)-->\n\n?)?```(ts|js)( no-run)?\n([\s\S]*?)```/g;
// In double quotes: a test that imports a package by its name, in single ones, runs on the bundles as well (vitest.config.ts).
const SETUP = 'import { init } from "@spanstream/node";\ninit({ traceLifecycle: "stream", tracesSampleRate: 1 });\n';
/** As in tsconfig.base.json; here also what the bundler needs to know. */
const SOURCES = {
  '@spanstream/core': 'packages/core/src/index.ts',
  '@spanstream/core/testing': 'packages/core/src/testing.ts',
  '@spanstream/node': 'packages/node/src/index.ts',
  '@spanstream/browser/vite': 'packages/browser/src/vite.ts',
  '@spanstream/browser/zone': 'packages/browser/src/zone.ts',
  '@spanstream/browser': 'packages/browser/src/index.ts',
  '@spanstream/otlp': 'packages/otlp/src/index.ts',
  '@spanstream/opentelemetry': 'packages/opentelemetry/src/index.ts',
  ...Object.fromEntries(
    ['api', 'instrumentation', 'instrumentation-express', 'sdk-trace-base'].map((name) => [
      `@opentelemetry/${name}`,
      `packages/opentelemetry/node_modules/@opentelemetry/${name}`,
    ]),
  ),
};
const CHILD_TIMEOUT_MS = 20_000;

const blocks = DOCUMENTS.flatMap(readBlocks);
const runnable = blocks.filter(({ isRun }) => isRun);

function readBlocks(document) {
  const text = readFileSync(root + document, 'utf8');
  return [...text.matchAll(BLOCK)].map(({ 1: prelude = '', 2: language, 3: noRun, 4: code, index, 0: whole }) => {
    const line = text.slice(0, index + whole.indexOf('```')).split('\n').length;
    const isCommonJs = /\brequire\(/.test(code);
    return {
      name: `${document}:${line}`,
      file: `${document.replaceAll(/[/.]/g, '-')}-${line}.${isCommonJs ? 'c' : 'm'}${language}`,
      code: prelude + code,
      isRun: noRun === undefined,
      isCommonJs,
    };
  });
}

// ─ types

/** One program for all blocks, which exist in memory only, beside the documents. */
function typeCheck() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  Object.assign(options, {
    noEmit: true,
    composite: false,
    incremental: false,
    allowJs: true,
    checkJs: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.esnext.decorators.d.ts'],
    types: ['node'],
    paths: Object.fromEntries(Object.entries(SOURCES).map(([name, file]) => [name, [join(root, file)]])),
  });
  const inMemory = new Map(
    blocks.map((block) => [join(root, 'docs', block.file), block.isCommonJs ? block.code : `${block.code}\nexport {};\n`]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => inMemory.has(file) || fileExists(file);
  host.readFile = (file) => inMemory.get(file) ?? readFile(file);
  const program = ts.createProgram([...inMemory.keys(), join(root, 'packages/core/src/globals.d.ts')], options, host);
  return (block) => {
    const source = program.getSourceFile(join(root, 'docs', block.file));
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(describe);
  };
}

function describe({ file, start, messageText }) {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  return `line ${line} of the block: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

test('the documents have examples', () => {
  expect(blocks.length).toBeGreaterThan(10);
  expect(runnable.length).toBeGreaterThan(blocks.length / 2);
});

test('the types of all examples hold', () => {
  const errorsOf = typeCheck();
  expect(Object.fromEntries(blocks.map((block) => [block.name, errorsOf(block)]).filter(([, errors]) => errors.length > 0))).toEqual({});
});

// ─ runs

mkdirSync(`${root}.cache`, { recursive: true });
const folder = mkdtempSync(`${root}.cache/docs-`);
const envelopes = new Map();
const backend = createServer((request, response) => {
  const project = request.url.split('/')[2];
  request
    .on('data', () => undefined)
    .on('end', () => {
      envelopes.set(project, (envelopes.get(project) ?? 0) + 1);
      response.end('{}');
    });
});

beforeAll(async () => {
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  for (const isCommonJs of [false, true])
    await bundle(
      runnable.filter((block) => block.isCommonJs === isCommonJs),
      isCommonJs,
    );
});
afterAll(() => {
  backend.close();
  backend.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function bundle(members, isCommonJs) {
  const codeOf = new Map(members.map((block) => [block.file, block.code]));
  const extension = isCommonJs ? 'cjs' : 'mjs';
  await build({
    entryPoints: members.map((block) => ({ in: `example:${block.file}`, out: block.file })),
    outdir: folder,
    outExtension: { '.js': `.${extension}` },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: isCommonJs ? 'cjs' : 'esm',
    logLevel: 'error',
    define: { __SDK_VERSION__: '"0.0.0-docs"' },
    alias: Object.fromEntries(Object.entries(SOURCES).map(([name, file]) => [name, join(root, file)])),
    ...(isCommonJs
      ? {}
      : { banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } }),
    plugins: [{ name: 'examples', setup: (bundler) => resolveExamples(bundler, codeOf) }],
  });
}

/** An example is an entry that has what it takes for granted imported first. */
function resolveExamples(bundler, codeOf) {
  const loader = (file) => (file.endsWith('ts') ? 'ts' : 'js');
  bundler.onResolve({ filter: /^(example|code|setup):/ }, ({ path }) => {
    const [namespace, file] = path.split(':');
    return { namespace, path: file };
  });
  bundler.onLoad({ filter: /.*/, namespace: 'setup' }, () => ({ contents: SETUP, loader: 'ts', resolveDir: join(root, 'packages/node') }));
  bundler.onLoad({ filter: /.*/, namespace: 'code' }, ({ path }) => ({
    contents: codeOf.get(path),
    loader: loader(path),
    resolveDir: join(root, 'packages/node'),
  }));
  bundler.onLoad({ filter: /.*/, namespace: 'example' }, ({ path }) => {
    const isComplete = /\b(init|createTestClient)\(/.test(codeOf.get(path));
    return { contents: `${isComplete ? '' : "import 'setup:init';\n"}import 'code:${path}';`, resolveDir: root };
  });
}

function runExample(block) {
  const project = String(runnable.indexOf(block) + 1);
  const dsn = `http://00000000000000000000000000000000@127.0.0.1:${backend.address().port}/${project}`;
  const env = { PATH: process.env.PATH, SENTRY_DSN: dsn };
  const file = join(folder, `${block.file}.${block.isCommonJs ? 'cjs' : 'mjs'}`);
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { env, timeout: CHILD_TIMEOUT_MS }, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : (error.signal ?? error.code), stdout, stderr, envelopes: envelopes.get(project) ?? 0 });
    });
  });
}

/** What `console.log(…); // 2` says will be printed: numbers, booleans and texts in quotes. */
function promisedLines({ code }) {
  return [...code.matchAll(/^ *console\.log\(.*\); \/\/ (\d+|true|false|'[^']*')$/gm)].map((match) => match[1].replaceAll("'", ''));
}

test.each(runnable)('the example at $name runs', async (block) => {
  const { exit, stdout, stderr, envelopes: count } = await runExample(block);
  expect(stderr).toBe('');
  expect(exit).toBe(0);
  expect(stdout.split('\n').filter((line) => promisedLines(block).includes(line))).toEqual(promisedLines(block));
  // What starts spans for the client of the environment has sent them by now.
  const sendsSpans = /startSpan\(/.test(block.code) && !/createTestClient|transport:|dsn: undefined/.test(block.code);
  if (sendsSpans) expect(count).toBeGreaterThan(0);
});
