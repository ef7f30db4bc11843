import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spanstream as forRollup } from '../rollup.ts';
import { spanstream as forVite } from '../vite.ts';
import type { ContextPluginOptions } from './plugin.ts';

const RUNTIME = '@spanstream/browser/async';
const runtime = { name: 'runtime', resolveId: (id: string) => (id === RUNTIME ? { id, external: true } : null) };

let directory: string;

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}

async function bundle(entry: string, options?: ContextPluginOptions): Promise<{ code: string; map: SourceMap }> {
  const made = await rollup({ input: join(directory, entry), plugins: [runtime, forRollup(options)] });
  const { output } = await made.generate({ format: 'es', sourcemap: true });
  return { code: output[0].code, map: new SourceMap(JSON.parse(output[0].map!.toString()) as never) };
}

const isPrepared = (code: string): boolean => code.includes('startAsyncScope()');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spanstream-plugin-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the context plugin', { timeout: 60_000 }, () => {
  it('prepares the application; source maps lead to the original places', async () => {
    const source =
      'export async function f() {\n  const a = 1;\n  return a + (await late());\n}\nasync function late() {\n  await null;\n}\n';
    await write({ 'main.js': source });
    const { code, map } = await bundle('main.js');
    expect(isPrepared(code)).toBe(true);
    const lines = code.split('\n');
    const line = lines.findIndex((text) => text.includes('late()'));
    const entry = map.findEntry(line, lines[line]!.indexOf('late()')) as { originalLine: number; originalColumn: number };
    expect([entry.originalLine, entry.originalColumn]).toEqual([2, source.split('\n')[2]!.indexOf('late()')]);
  });

  it('takes what include and exclude say, text and patterns, and nothing without asynchronous functions', async () => {
    await write({ 'main.js': 'export const f = async () => { await 1; };', 'sync.js': 'export const f = () => 1;' });
    expect(isPrepared((await bundle('sync.js')).code)).toBe(false);
    expect(isPrepared((await bundle('main.js', { exclude: /main/g })).code)).toBe(false);
    expect(isPrepared((await bundle('main.js', { exclude: ['other', /nothing/] })).code)).toBe(true);
    expect(isPrepared((await bundle('main.js', { include: 'other' })).code)).toBe(false);
    expect(isPrepared((await bundle('main.js', { include: directory })).code)).toBe(true);
  });

  it('leaves packages and servers alone', () => {
    const { transform } = forVite();
    const context = { parse: () => expect.fail('was parsed'), resolve: () => Promise.resolve(null) };
    const code = 'export const f = async () => { await 1; };';
    expect(transform.handler.call(context, code, '/app/node_modules/x/index.js')).toBeNull();
    expect(transform.handler.call(context, code, 'C:\\app\\node_modules\\x\\index.js')).toBeNull();
    expect(transform.handler.call(context, code, '/app/main.js', { ssr: true })).toBeNull();
    expect(transform.handler.call(context, code, '\0virtual.js')).toBeNull();
    expect(transform.handler.call(context, code, '/app/style.css')).toBeNull();
  });

  it('works in Vite, behind TypeScript, and finds its runtime from a module that does not depend on it', async () => {
    await write({
      'main.ts': 'enum Kind { A = 1 }\nexport const f = async (x: Kind): Promise<number> => (await import("./other.ts")).g(x as number);\n',
      'other.ts': 'export async function g(x: number) { for await (const y of [x]) return y; }\n',
    });
    const result = await build({
      root: fileURLToPath(new URL('../..', import.meta.url)),
      configFile: false,
      logLevel: 'silent',
      plugins: [forVite()],
      define: { __SDK_VERSION__: '"0"' },
      resolve: {
        alias: {
          '@spanstream/core': fileURLToPath(new URL('../../../core/src/index.ts', import.meta.url)),
          [RUNTIME]: fileURLToPath(new URL('../async.ts', import.meta.url)),
        },
      },
      build: { write: false, minify: false, target: 'esnext', lib: { entry: join(directory, 'main.ts'), formats: ['es'] } },
    });
    const { output } = [result].flat()[0] as { output: { code?: string }[] };
    const all = output.map(({ code }) => code ?? '').join('\n');
    expect(all).toContain('async function g(');
    expect(all.match(/= startAsyncScope\(\)/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
