import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node24 } from '../process/node-24.mjs';
import { startCommand } from '../process/start-program.mjs';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '.run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(folder, path);
  writeFileSync(file, text);
  return file;
}

const run = async (file: string, nodeArgs: string[] = []) => {
  const { code, stdout, stderr } = await startCommand(node24 ?? 'node', [...nodeArgs, file], {}).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

const INIT =
  "const client = init({ dsn: 'http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1', tracesSampleRate: 1, traceLifecycle: 'stream' });";
const QUERY = `const count = (query) => tracing.startSpan({ name: 'parent' }, () => {
  const { started } = client.stats();
  query();
  return client.stats().started - started;
});`;
const REQUIRE = `const { init, close, tracing } = require('@spanstream/node'); ${INIT} ${QUERY}`;

describe.skipIf(node24 === undefined)('node:sqlite', () => {
  test('is not loaded by init', async () => {
    const loaded = "process.moduleLoadList.some((name) => name.includes('sqlite'))";
    const file = write('lazy.cjs', `${REQUIRE} console.log(${loaded}); require('node:sqlite'); console.log(${loaded});`);
    expect(await run(file)).toBe('false\ntrue\n');
  });

  test('is traced where an ES module imports it, before or after init', async () => {
    write('first.mjs', `import { init, tracing } from '@spanstream/node'; ${INIT} ${QUERY} export { count };`);
    const text = "import { DatabaseSync } from 'node:sqlite'; console.log(count(() => new DatabaseSync(':memory:').exec('SELECT 1')));";
    const before = write('before.mjs', `import { count } from './first.mjs'; ${text}`);
    write('later.mjs', `import { count } from './first.mjs'; ${text}`);
    const after = write('after.mjs', "import './first.mjs'; await import('./later.mjs');");
    expect([await run(before), await run(after)]).toEqual(['1\n', '1\n']);
  });

  test('R36: close() gives back its methods', async () => {
    const text = `
      const { DatabaseSync, StatementSync } = require('node:sqlite');
      const methods = () => [DatabaseSync.prototype.exec, ...['run', 'get', 'all', 'iterate'].map((name) => StatementSync.prototype[name])];
      const before = methods();
      ${REQUIRE}
      const during = methods();
      console.log(during.every((method, at) => method !== before[at] && method.name === before[at].name && method.length === before[at].length));
      close().then(() => console.log(methods().every((method, at) => method === before[at])));`;
    expect(await run(write('restored.cjs', text))).toBe('true\ntrue\n');
  });

  test('statements as tagged templates keep what is put into them', async () => {
    const text = `${REQUIRE}
      const { DatabaseSync } = require('node:sqlite');
      const store = new DatabaseSync(':memory:').createTagStore();
      tracing.startSpan({ name: 'parent' }, () => {
        console.log(store.get\`SELECT \${'secret'} AS name\`.name);
        console.log(client.stats().started);
      });`;
    expect(await run(write('tags.cjs', text))).toBe('secret\n2\n');
  });

  test('rows that nobody reads to their end end with their collection', async () => {
    const text = `${REQUIRE}
      const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(':memory:');
      tracing.startSpan({ name: 'parent' }, () => void db.prepare('SELECT 1').iterate().next());
      console.log(client.openSpans().length);
      (async () => {
        for (let turn = 0; turn < 200 && client.openSpans().length > 0; turn++) {
          gc();
          await new Promise((resolve) => setImmediate(resolve));
        }
        console.log(client.openSpans().length);
      })();`;
    expect(await run(write('unread.cjs', text), ['--expose-gc'])).toBe('1\n0\n');
  });

  test('a statement whose database is closed fails as it does without the SDK', async () => {
    const text = `${REQUIRE}
      const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(':memory:');
      const statement = db.prepare('SELECT 1');
      db.close();
      try { count(() => statement.get()); } catch (error) { console.log(error.code); }`;
    expect(await run(write('closed.cjs', text))).toBe('ERR_INVALID_STATE\n');
  });
});
