import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from '../process/start-program.mjs';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '.run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A package of a known name whose files are its own. */
function writePackage(name: string, version: string, file: string, text: string, type = 'commonjs'): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, version, type, main: file, exports: { '.': `./${file}` } }));
  write(`node_modules/${name}/${file}`, text);
}

const run = (file: string, nodeArgs: string[] = ['--import', '@spanstream/node/register']) => startProgram(file, { nodeArgs }).ended;
const CLIENT = 'exports.Client = class Client { query(text) { return Promise.resolve(text); } };';
const PROGRAM = "require('pg'); require('pg'); new (require('pg').Client)().query('SELECT 1').then(console.log);";

test('a version that nobody knows is one warning, and runs as it is', async () => {
  writePackage('pg', '99.0.0', 'lib/client.js', CLIENT);
  const { code, stdout, stderr } = await run(write('unknown.cjs', PROGRAM));
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'SELECT 1\n' });
  expect(stderr).toBe('[spanstream] pg 99.0.0 is no version that is traced (>=8.0.3 <9): it runs as it is.\n');
});

test('a known version of another shape is one warning, and runs as it is', async () => {
  writePackage('pg', '8.99.0', 'lib/client.js', CLIENT.replaceAll('Client', 'Connection'));
  const { code, stdout, stderr } = await run(write('shape.cjs', PROGRAM.replaceAll('Client', 'Connection')));
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'SELECT 1\n' });
  expect(stderr).toMatch(/^\[spanstream\] pg could not be instrumented and runs as it is: .*\n$/);
});

test('a file that is no JavaScript fails as it does without the SDK', async () => {
  writePackage('pg', '8.99.0', 'lib/client.js', 'exports.Client = class {{');
  const file = write('broken.cjs', "try { require('pg'); } catch (error) { console.log(error.name); }");
  expect(await run(file)).toMatchObject({ code: 0, stdout: 'SyntaxError\n' });
});

test('an ES module of another shape is one warning, and runs as it is', async () => {
  writePackage('hono', '4.99.0', 'dist/hono-base.js', 'export const answer = 42;', 'module');
  const text = "import { answer } from 'hono';\nconsole.log(answer);\nsetTimeout(() => {}, 200);\n";
  const { code, stdout, stderr } = await run(write('shape.mjs', text));
  expect({ code, stdout }).toEqual({ code: 0, stdout: '42\n' });
  expect(stderr).toMatch(/^\[spanstream\] hono could not be instrumented and runs as it is: .*\n$/);
});

test('a library that was loaded before init is one warning', async () => {
  writePackage('pg', '8.1.0', 'lib/client.js', CLIENT);
  const file = write('early.cjs', `${PROGRAM}\nrequire('@spanstream/node').init();`);
  const { code, stdout, stderr } = await run(file, []);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'SELECT 1\n' });
  expect(stderr).toMatch(/^\[spanstream\] pg was loaded before init and cannot be traced\. .*--import @spanstream\/node\/register\.\n$/);
});

test('a second init finds what the first one has hooked', async () => {
  writePackage('pg', '8.1.0', 'lib/client.js', CLIENT);
  const text = `const { init, close } = require('@spanstream/node'); init(); ${PROGRAM} close().then(() => init());`;
  expect(await run(write('twice.cjs', text), [])).toMatchObject({ code: 0, stdout: 'SELECT 1\n', stderr: '' });
});

test('R36: close() gives back what loads modules', async () => {
  const text = `
    const { prototype } = require('node:module');
    const before = prototype._compile;
    const { init, close } = require('@spanstream/node');
    init();
    console.log(prototype._compile.name === before.name, prototype._compile.length === before.length);
    close().then(() => console.log(prototype._compile === before));`;
  const { stdout } = await run(write('restored.cjs', text), []);
  expect(stdout).toBe('true true\ntrue\n');
});

test('workers inherit the flag and decide for themselves', async () => {
  writePackage('pg', '8.1.0', 'lib/client.js', CLIENT);
  const worker = write('worker.cjs', PROGRAM);
  const file = write('parent.cjs', `new (require('node:worker_threads').Worker)(${JSON.stringify(worker)});`);
  expect(await run(file)).toMatchObject({ code: 0, stdout: 'SELECT 1\n', stderr: '' });
});

describe('without the flag, init reaches what is loaded after it', () => {
  const APP = `
    const app = express();
    app.get('/users/:id', (request, response) => response.end(tracing.getActiveSpan().name));
    const server = app.listen(0, '127.0.0.1', async () => {
      console.log(await (await fetch('http://127.0.0.1:' + server.address().port + '/users/1')).text());
      server.closeAllConnections();
      server.close();
    });`;
  const INIT = "init({ dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' });";

  test('CommonJS', async () => {
    const file = write(
      'init.cjs',
      `const { init, tracing } = require('@spanstream/node'); ${INIT} const express = require('express4'); ${APP}`,
    );
    expect((await run(file, [])).stdout).toBe('/users/:id\n');
  });

  test('an ES module that imports CommonJS', async () => {
    write('first.mjs', `import { init } from '@spanstream/node'; ${INIT}`);
    const file = write(
      'second.mjs',
      `import './first.mjs'; import { tracing } from '@spanstream/node'; import express from 'express4'; ${APP}`,
    );
    expect((await run(file, [])).stdout).toBe('/users/:id\n');
  });

  test('and what an application leaves out of its integrations makes no spans', async () => {
    const without = INIT.replace(
      'tracesSampleRate',
      "integrations: (all) => all.filter(({ name }) => name !== 'Express'), tracesSampleRate",
    );
    const file = write(
      'less.cjs',
      `const { init, tracing } = require('@spanstream/node'); ${without} const express = require('express4'); ${APP}`,
    );
    expect((await run(file, [])).stdout).toBe('GET\n');
  });

  test('in the static lifecycle too', async () => {
    const legacy = INIT.replace("'stream'", "'static'");
    const file = write(
      'static.cjs',
      `const { init, tracing } = require('@spanstream/node'); ${legacy} const express = require('express4'); ${APP}`,
    );
    expect((await run(file, [])).stdout).toBe('/users/:id\n');
  });
});
