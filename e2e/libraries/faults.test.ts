import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node24 } from '../process/node-24.mjs';
import { startCommand, startProgram } from '../process/start-program.mjs';

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
  // The hooks say it from their thread, when they like: the program ends with what they say.
  const untilWarned =
    'const alive = setInterval(() => {}, 1000); const { warn } = console; console.warn = (line) => { warn(line); clearInterval(alive); };';
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(untilWarned)}`, '--import', '@spanstream/node/register'];
  const text = "import { answer } from 'hono';\nconsole.log(answer);\n";
  const { code, stdout, stderr } = await run(write('shape.mjs', text), nodeArgs);
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

test('a consumer that ran under the last client is traced by the next one, and between them called as it is', async () => {
  const consumer = `module.exports = () => {
    const run = async ({ eachMessage }) => { module.exports.deliver = eachMessage; };
    return { run };
  };`;
  writePackage('kafkajs', '2.99.0', 'src/consumer/index.js', consumer);
  const text = `
    const { init, close, tracing } = require('@spanstream/node');
    const options = { dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' };
    init(options);
    const create = require('kafkajs');
    (async () => {
      await create().run({ eachMessage: async function handle(delivery) { console.log(tracing.getActiveSpan()?.name); } });
      console.log(create.deliver.name, create.deliver.length);
      const deliver = () => create.deliver({ topic: 'mails', partition: 0, message: { headers: {} } });
      await deliver();
      await close();
      await deliver();
      init(options);
      await deliver();
    })();`;
  expect((await run(write('consumer-stays.cjs', text), [])).stdout).toBe('handle 1\nprocess mails\nundefined\nprocess mails\n');
});

test.skipIf(node24 === undefined)('R36: on Node 24, what is loaded after close() is not changed', async () => {
  writePackage('pg', '8.1.0', 'lib/client.js', CLIENT);
  writePackage('mysql2', '3.12.0', 'lib/base/connection.js', CLIENT.replaceAll('Client', 'BaseConnection'));
  const text = `
    const { init, close } = require('@spanstream/node');
    init();
    console.log(String(require('pg').Client.prototype.query).length > 100);
    close().then(() => console.log(String(require('mysql2').BaseConnection.prototype.query)));`;
  const { stdout } = await startCommand(node24 ?? 'node24', [write('after-close.cjs', text)], {}).ended;
  expect(stdout).toBe('true\nquery(text) { return Promise.resolve(text); }\n');
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

describe('R34: what goes wrong in the application stays where it would be seen', () => {
  const INIT =
    "const { init, tracing } = require('@spanstream/node'); " +
    "init({ dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' });" +
    "process.on('unhandledRejection', ({ message }) => console.log('unhandled:', message));";

  test('a rejection of a consumer', async () => {
    const channel = 'exports.BaseChannel = class BaseChannel { dispatchMessage(fields, message) { return this.consumer(message); } };';
    writePackage('amqplib', '0.10.0', 'lib/channel.js', channel);
    const text = `${INIT}
      const channel = new (require('amqplib').BaseChannel)();
      channel.consumer = async () => { throw new Error('mine'); };
      channel.dispatchMessage({ routingKey: 'mails' }, {});`;
    expect((await run(write('consumer.cjs', text), [])).stdout).toBe('unhandled: mine\n');
  });

  test('a rejection of a promise of another class, which stays what it is', async () => {
    const channel = 'exports.BaseChannel = class BaseChannel { dispatchMessage(fields, message) { return this.consumer(message); } };';
    writePackage('amqplib', '0.10.0', 'lib/channel.js', channel);
    const text = `${INIT}
      const channel = new (require('amqplib').BaseChannel)();
      class Answer extends Promise {}
      const dispatch = (text) => {
        channel.consumer = () => Answer.reject(new Error(text));
        return channel.dispatchMessage({ routingKey: 'mails' }, {});
      };
      dispatch('handled').catch(({ message }) => console.log(message));
      dispatch('awaited').then().catch(() => {});
      console.log(dispatch('mine').constructor.name);`;
    expect((await run(write('subclass.cjs', text), [])).stdout).toBe('Answer\nhandled\nunhandled: mine\n');
  });

  test('a rejection of a command whose answer nobody waits for', async () => {
    const text = `${INIT}
      const Redis = require('ioredis5');
      const redis = new Redis(1, '127.0.0.1', { lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null });
      redis.on('error', () => {});
      tracing.startSpan({ name: 'parent' }, () => void redis.get('key'));`;
    expect((await run(write('command.cjs', text), [])).stdout).toMatch(/^unhandled: Stream isn't writeable/);
  });

  test('a rejection of middleware that the one before does not wait for', async () => {
    const compose = `module.exports = compose;
      function compose(middleware) {
        return (context) => dispatch(0);
        function dispatch(i) {
          return i < middleware.length ? Promise.resolve(middleware[i]({}, () => dispatch(i + 1))) : Promise.resolve();
        }
      }`;
    writePackage('koa-compose', '4.1.0', 'index.js', compose);
    const text = `${INIT}
      const middleware = [(context, next) => { next(); }];
      const handle = require('koa-compose')(middleware);
      // Koa hands over the array that its \`use\` adds to.
      middleware.push(async function late() { throw new Error(tracing.getActiveSpan().name); });
      tracing.startSpan({ name: 'parent' }, () => handle({}));`;
    expect((await run(write('middleware.cjs', text), [])).stdout).toBe('unhandled: late\n');
  });
});

test('a command that waits for its connection is one span', async () => {
  const text = `
    const { init, tracing } = require('@spanstream/node');
    const client = init({ dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' });
    const Redis = require('ioredis5');
    const server = require('node:net').createServer((socket) => socket.on('data', () => socket.write('$-1\\r\\n')));
    server.listen(0, '127.0.0.1', async () => {
      const redis = new Redis(server.address().port, '127.0.0.1', { lazyConnect: true, enableReadyCheck: false });
      await tracing.startSpan({ name: 'parent' }, () => redis.get('key'));
      redis.disconnect();
      server.close();
      console.log(client.stats().started, client.openSpans().length);
    });`;
  expect((await run(write('waiting.cjs', text), [])).stdout).toBe('2 0\n');
});

// From Node 24.13 on nothing has a thread, and the flag has another name.
test.runIf(Number.parseInt(process.versions.node, 10) < 24)(
  'R34: where Node allows no threads, the program starts all the same',
  async () => {
    const file = write('restricted.mjs', "console.log('runs');");
    const flags = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings', '--import', '@spanstream/node/register'];
    const { code, stdout, stderr } = await run(file, flags);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'runs\n' });
    expect(stderr).toMatch(/^\[spanstream\] What is an ES module could not be instrumented and runs as it is: .*\n$/);
  },
);

test.each([
  ['given up', 'answer.controller.abort();'],
  ['forgotten', 'answer = undefined;'],
])('the answer of a model that is %s unread ends its span', async (_how, leave) => {
  const text = `
    const { init, tracing } = require('@spanstream/node');
    const client = init({ dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' });
    const OpenAI = require('openai');
    const server = require('node:http').createServer((request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: [DONE]\\n\\n'));
    server.listen(0, '127.0.0.1', async () => {
      const model = new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1:' + server.address().port });
      await tracing.startSpan({ name: 'parent' }, async () => {
        let answer = await model.chat.completions.create({ model: 'm', stream: true, messages: [] });
        ${leave}
      });
      for (let turn = 0; turn < 200 && client.openSpans().length > 0; turn++) {
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(client.stats().started > 1, client.openSpans());
      process.exit();
    });`;
  expect((await run(write('unread.cjs', text), ['--expose-gc'])).stdout).toBe('true []\n');
});
