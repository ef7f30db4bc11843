import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { doctor } from './doctor.ts';

interface Backend {
  readonly dsn: string;
  readonly requests: { request: IncomingMessage; body: string }[];
  stop(): Promise<void>;
}

/** A backend that answers with that status, and what it was asked. */
async function backend(status: number): Promise<Backend> {
  const requests: Backend['requests'] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    requests.push({ request, body });
    response.writeHead(status).end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const dsn = `http://key@127.0.0.1:${(server.address() as AddressInfo).port}/42`;
  return { dsn, requests, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** An application with these files. */
function project(files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

async function ask(folder: string, env: Record<string, string> = {}, args: string[] = []): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await doctor([folder, ...args], env, (more) => void (text += more));
  return { code, text };
}

const SDK = { 'node_modules/@spanstream/node/package.json': { name: '@spanstream/node', version: '1.0.0' } };
const INIT = "import { init } from '@spanstream/node';\ninit();\n";
const HEALTHY = {
  ...SDK,
  'package.json': { main: 'index.mjs' },
  'init.mjs': INIT,
  'index.mjs': "import './init.mjs';\nimport express from 'express';\n",
};

test('a healthy installation: the configuration, the probe, the copies, the order', async () => {
  const { dsn, requests } = await backend(200);
  const { code, text } = await ask(project(HEALTHY), { SENTRY_DSN: dsn, SENTRY_TRACES_SAMPLE_RATE: '0.5' });
  expect(code).toBe(0);
  expect(text).toContain(`dsn: ${dsn} (SENTRY_DSN)`);
  expect(text).toContain('tracesSampleRate: 0.5 (SENTRY_TRACES_SAMPLE_RATE)');
  expect(text).toContain('traceLifecycle: static (default)');
  expect(text).toContain('takes envelopes (200)');
  expect(text).toContain('✓ @spanstream/node 1.0.0');
  expect(text).toContain('✓ index.mjs loads the SDK first.');
  expect(requests).toHaveLength(1);
  expect(requests[0]!.request.url).toBe('/api/42/envelope/');
  expect(requests[0]!.request.headers['x-sentry-auth']).toContain('sentry_key=key');
  expect(requests[0]!.body.split('\n')[1]).toBe('{"type":"client_report"}');
});

test.each([
  [403, 'The key is not accepted'],
  [404, 'There is no such project'],
  [500, 'The backend has a fault of its own'],
  [418, 'Is this an ingestion server?'],
])('a backend that answers %i', async (status, fix) => {
  const { dsn } = await backend(status);
  const { code, text } = await ask(project(HEALTHY), {}, ['--dsn', dsn]);
  expect(code).toBe(1);
  expect(text).toContain(`answers ${status}`);
  expect(text).toContain(fix);
});

test('a limit is no fault', async () => {
  const { dsn } = await backend(429);
  expect(await ask(project(HEALTHY), { SENTRY_DSN: dsn })).toMatchObject({
    code: 0,
    text: expect.stringContaining('It limits this project now'),
  });
});

test('nobody answers', async () => {
  const { dsn, stop } = await backend(200);
  await stop();
  const { code, text } = await ask(project(HEALTHY), { SENTRY_DSN: dsn });
  expect(code).toBe(1);
  expect(text).toMatch(/No answer from http:\/\/127\.0\.0\.1:\d+\/api\/42\/envelope\/: ECONNREFUSED/);
});

test('a variable that is wrong, and a DSN that is none', async () => {
  const wrong = await ask(project(HEALTHY), { SENTRY_TRACES_SAMPLE_RATE: '2' });
  expect(wrong).toMatchObject({ code: 1, text: expect.stringContaining('SENTRY_TRACES_SAMPLE_RATE is ignored') });
  const none = await ask(project(HEALTHY), {}, ['--dsn', 'nonsense']);
  expect(none).toMatchObject({ code: 1, text: expect.stringContaining('The DSN "nonsense" is none.') });
});

test('two copies, each with its place', async () => {
  const folder = project({
    ...HEALTHY,
    'node_modules/library/node_modules/@spanstream/node/package.json': { name: '@spanstream/node', version: '0.9.0' },
  });
  const { code, text } = await ask(folder);
  expect(code).toBe(1);
  expect(text).toContain('2 copies of @spanstream/node: ');
  expect(text).toContain('0.9.0 in ');
});

test('a second core below another package of the SDK', async () => {
  const core = { name: '@spanstream/core', version: '1.0.0' };
  const folder = project({
    ...HEALTHY,
    'node_modules/@spanstream/core/package.json': core,
    'node_modules/@spanstream/node/node_modules/@spanstream/core/package.json': { ...core, version: '1.1.0' },
  });
  expect(await ask(folder)).toMatchObject({ code: 1, text: expect.stringContaining('2 copies of @spanstream/core: ') });
});

test('no copy at all', async () => {
  const { code, text } = await ask(project({ 'package.json': {} }));
  expect(code).toBe(1);
  expect(text).toContain('npm install @spanstream/node');
});

test('options in the code go before the environment, and their DSN is probed', async () => {
  const { dsn, requests } = await backend(200);
  const code = `import * as SpanStream from '@spanstream/node';
const options = {
  dsn: '${dsn}',
  _experiments: { traceLifecycle: 'stream' },
  release: process.env.RELEASE ?? 'local',
  environment: process.env.STAGE,
  debug: true,
  serverName: hostname(),
};
SpanStream.init(options);
`;
  const env = { SENTRY_DSN: 'http://key@127.0.0.1:9/1', SENTRY_ENVIRONMENT: 'staging', SENTRY_TRACE_LIFECYCLE: 'static' };
  const { code: exit, text } = await ask(project({ ...HEALTHY, 'init.mjs': code }), env);
  expect(exit).toBe(0);
  expect(text).toContain(`dsn: ${dsn} (init in init.mjs:10)`);
  expect(text).toContain('traceLifecycle: stream (init in init.mjs:10)');
  expect(text).toContain('release: local (init in init.mjs:10)');
  expect(text).toContain('environment: staging (SENTRY_ENVIRONMENT)');
  expect(text).toContain('debug: true (init in init.mjs:10)');
  expect(text).toContain('serverName: set by init in init.mjs:10, to what is not known here');
  expect(requests).toHaveLength(1);
});

test('options that are made while the program runs are said to be', async () => {
  const files = { ...HEALTHY, 'init.mjs': "import { init } from '@spanstream/node';\ninit(load());\n" };
  expect((await ask(project(files))).text).toContain('The options of init in init.mjs:2 are made while the program runs');
});

test('init in two places is told, and is no problem by itself', async () => {
  const { code, text } = await ask(
    project({ ...HEALTHY, 'index.mjs': "import './init.mjs';\nimport { init } from '@spanstream/node';\ninit();\n" }),
  );
  expect(code).toBe(0);
  expect(text).toContain('init is called in init.mjs:2, index.mjs:3');
});

test.each([
  [
    'behind functions of http in another file',
    { 'index.mjs': "import './server.cjs';\nimport './init.mjs';\n", 'server.cjs': "const { request } = require('http');\n" },
    'index.mjs takes functions out of http (in server.cjs) before the SDK is loaded',
  ],
  ['never', { 'init.mjs': "import '@spanstream/node';\n" }, 'Nothing that index.mjs loads calls init.'],
  [
    "only the other SDK's",
    { 'init.mjs': "import '@spanstream/node';\nimport * as Sentry from '@sentry/node';\nSentry.init();\n" },
    'Nothing that index.mjs loads calls init.',
  ],
  [
    'behind one function of https',
    { 'index.mjs': "const get = require('node:https').get;\nrequire('@spanstream/node').init();\n" },
    'index.mjs takes functions out of node:https before the SDK is loaded',
  ],
  ['nowhere', { 'index.mjs': "import express from 'express';\n" }, 'index.mjs does not load the SDK'],
])('init %s', async (_, files, expected) => {
  const { code, text } = await ask(project({ ...HEALTHY, ...files }));
  expect(code).toBe(1);
  expect(text).toContain(expected);
});

test('what is loaded before init and traced all the same is told, and no fault (docs/guide.md)', async () => {
  const { code, text } = await ask(
    project({ ...HEALTHY, 'index.mjs': "import express from 'express';\nimport { request } from 'node:http';\nimport './init.mjs';\n" }),
  );
  expect(code).toBe(0);
  expect(text).toContain('· index.mjs loads 2 modules before the SDK');
});

test.each(['node --import @spanstream/node/register index.mjs', 'node --import ./init.mjs index.mjs'])(
  'a start script that preloads: %s',
  async (start) => {
    const folder = project({ ...HEALTHY, 'package.json': { scripts: { start } }, 'index.mjs': "import express from 'express';\n" });
    expect((await ask(folder)).code).toBe(0);
  },
);

const installed = (name: string, version: string) => ({ [`node_modules/${name}/package.json`]: { name, version } });

test('libraries: each that is installed is instrumented, loaded too early or of an unsupported version', async () => {
  const folder = project({
    ...HEALTHY,
    'index.mjs': "import pg from 'pg';\nimport { createClient } from 'redis';\nimport './init.mjs';\nimport mysql from 'mysql2/promise';\n",
    ...installed('pg', '8.23.1'),
    ...installed('redis', '6.3.1'),
    ...installed('mysql2', '3.15.0'),
    ...installed('express', '3.0.0'),
    ...installed('hono', '4.13.0'),
  });
  const { code, text } = await ask(folder);
  expect(code).toBe(1);
  expect(text).toContain('✗ pg 8.23.1: loaded too early, before the SDK.');
  // It publishes what it does itself, so the order does not matter.
  expect(text).toContain('✓ redis 6.3.1: instrumented.');
  expect(text).toContain('✓ mysql2 3.15.0: instrumented.');
  expect(text).toContain('✗ express 3.0.0: unsupported version, traced are >=4.0.0 <6.');
  expect(text).toContain('· hono 4.13.0: instrumented where it is required;');
});

test('libraries: with the start script’s --import none is too early', async () => {
  const folder = project({
    ...HEALTHY,
    'package.json': { scripts: { start: 'node --import @spanstream/node/register index.mjs' } },
    'index.mjs': "import pg from 'pg';\n",
    ...installed('pg', '8.23.1'),
    ...installed('hono', '4.13.0'),
  });
  const { text } = await ask(folder);
  expect(text).toContain('✓ pg 8.23.1: instrumented.');
  expect(text).toContain('✓ hono 4.13.0: instrumented.');
});
