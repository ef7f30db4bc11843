import { compileFunction } from 'node:vm';
import { parseAst } from 'rollup/parseAst';
import { describe, expect, it } from 'vitest';
import { startAsyncScope } from '../async.ts';
import { contextManager, type Frame } from '../page-context.ts';
import { instrumentAsync, type SyntaxNode } from './instrument-async.ts';

const prepare = (code: string) =>
  instrumentAsync(code, parseAst(code, { allowReturnOutsideFunction: true }) as never as SyntaxNode, 'x.js');

/** Runs a function body, as it is and prepared, and compares what it returns or throws, and what it did in which order. */
async function sameAsNative(body: string): Promise<unknown> {
  const prepared = prepare(`const main = async () => {${body}\n}; return main();`);
  const native = await outcome(`const main = async () => {${body}\n}; return main();`);
  const code = prepared!.code.replace(/^import .*$/m, '');
  const changed = await outcome(`const __startAsyncScope = startAsyncScope;${code}`);
  expect(changed).toEqual(native);
  expect(contextManager.swap(undefined)).toBeUndefined();
  return native.result;
}

async function outcome(code: string): Promise<{ result: unknown; log: unknown[] }> {
  const log: unknown[] = [];
  const tick = (value: unknown): Promise<unknown> => Promise.resolve().then(() => (log.push(value), value));
  const run = compileFunction(code, ['log', 'tick', 'startAsyncScope']) as (...args: unknown[]) => Promise<unknown>;
  const result = await run((value: unknown) => void log.push(value), tick, startAsyncScope).catch((error: unknown) => [
    'thrown',
    (error as Error)?.message ?? error,
  ]);
  return { result, log };
}

describe('prepared functions', () => {
  it.each([
    ['comma expressions', 'return await (tick(1), tick(2));', 2],
    ['await of await', 'return await await tick(await tick(3));', 3],
    [
      'operators around it',
      'return [!await tick(0), typeof await tick(1), -await tick(2), await tick(1) + await tick(2)];',
      [true, 'number', -2, 3],
    ],
    ['templates', 'return `${await tick(1)}${await tick(2)}`;', '12'],
    ['no semicolons', 'let x = 1\nawait tick(1)\nx = 2\n;[3].map(async (y) => await tick(y))\nreturn x', 2],
    ['arrow expressions', 'const f = async (a) => await tick(a); return f(4);', 4],
    ['arrows with objects', 'const f = async () => ({ a: await tick(1) }); return f();', { a: 1 }],
    ['arrows over lines', 'const f = async (a = "=>") /* => */ => // => \n (await tick(a), await tick(7)); return f();', 7],
    ['arrows without parameters', 'const f = async (/* => */) => await tick(5); return f();', 5],
    [
      'methods, super and this',
      'class A { v = 2; async m() { return this.v; } } class B extends A { async m() { return 1 + await super.m(); } } return new B().m();',
      3,
    ],
    ['arguments', 'async function f() { await tick(); return arguments.length; } return f(1, 2);', 2],
    ['directives', 'async function f() { "use strict"\n await tick(); return this; } return f();', undefined],
    ['hoisting', 'async function f(x) { await tick(); return g(x); function g(y) { return y + 1; } } return f(1);', 2],
    [
      'throw and catch',
      'try { await Promise.reject(new Error("a")); } catch ({ message }) { log(await tick(message)); } finally { log(await tick("b")); } return 1;',
      1,
    ],
    ['throw out of it', 'try { await tick(1); throw new Error("out"); } finally { await tick(2); }', ['thrown', 'out']],
    ['catch without parameter', 'try { await Promise.reject(1) } catch { return await tick(2) }', 2],
    ['for await', 'const all = []; for await (const x of [tick(1), 2, tick(3)]) all.push(x); return all;', [1, 2, 3]],
    ['for await without block', 'let n = 0; if (true) for await (const x of [1, 2]) n += x; else n = 9; return n;', 3],
    ['for await over a comma expression', 'let n = 0; for await (n of (log("a"), [1, 2])); return n;', 2],
    [
      'for await with patterns',
      'const all = []; for await (const { a = await tick(5) } of [{}, { a: 1 }]) all.push(a); return all;',
      [5, 1],
    ],
    [
      'labels',
      'const all = []; a: for (const i of [1, 2]) b: c: for await (const x of g()) { if (x === 2) continue a; all.push(x); } return all; async function* g() { try { yield 1; yield 2; } finally { log(await tick("done")); } }',
      [1, 1],
    ],
    [
      'return out of a loop',
      'async function* g() { try { yield 1; yield 2; } finally { log(await tick("done")); } } async function f() { for await (const x of g()) { try { return await tick(x); } finally { log("f"); } } } return f();',
      1,
    ],
    [
      'iterables without return',
      'const it = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) }; for await (const x of it) break; return 1;',
      1,
    ],
    [
      'iterables that fail',
      'try { for await (const x of { [Symbol.asyncIterator]: () => ({ next: () => tick().then(() => { throw new Error("n"); }) }) }); } catch (error) { return await tick(error.message); }',
      'n',
    ],
    ['what is not iterable', 'try { for await (const x of 5) log(x); } catch (error) { return error instanceof TypeError; }', true],
    [
      'generators',
      'async function* g() { const sent = yield await tick(1); yield sent; yield; return tick(9); } const it = g(); return [await it.next(), await it.next(7), await it.next(), await it.next(), await it.next()];',
      [
        { done: false, value: 1 },
        { done: false, value: 7 },
        { done: false, value: undefined },
        { done: true, value: 9 },
        { done: true, value: undefined },
      ],
    ],
    [
      'yield*',
      'async function* h() { yield 1; return 5; } async function* g() { log(yield* h()); yield* /* c */ [tick(2), 3]; } const all = []; for await (const x of g()) all.push(x); return all;',
      [1, 2, 3],
    ],
    [
      'return of a rejection',
      'async function* g() { try { return Promise.reject(new Error("r")); } catch { log("caught"); return 3; } finally { log(await tick("f")); } } return g().next();',
      { done: true, value: 3 },
    ],
    [
      'a generator that is left',
      'async function* g() { try { yield 1; } finally { log(await tick("left")); } } const it = g(); await it.next(); return it.return(tick(4));',
      { done: true, value: 4 },
    ],
    [
      'a generator that is thrown into',
      'async function* g() { try { yield 1; } catch (error) { yield error; } } const it = g(); await it.next(); return it.throw("t");',
      { done: false, value: 't' },
    ],
    [
      'classes inside',
      'class A { static s = 1; static { try { log("s"); } finally { log("t"); } } [await tick("k")]() { return 2; } } return new A().k();',
      2,
    ],
    ['shadowed promises', 'const Promise = null; return await tick(1);', 1],
    ['text beyond ASCII', 'const ä = "🙂"; /* 🙂 */ return ä + await tick("é🙂");', '🙂é🙂'],
  ])('R34: do what they did: %s', async (_, body, expected) => {
    expect(await sameAsNative(body)).toEqual(expected);
  });

  it('are those that can be suspended, no others', () => {
    expect(prepare('async function f() { return 1; } const g = async () => fetch("/"); function* h() { yield 1; }')).toBeUndefined();
    expect(prepare('await 1; for await (const x of y) z();')).toBeUndefined();
    expect(prepare('async () => { return async () => await 1; }')!.code.match(/__startAsyncScope\(\)/g)).toHaveLength(1);
  });

  it('keep native async functions, whose rejections are not handled by being watched', async () => {
    const { code } = prepare('export async function f() { await 1; }')!;
    expect(code).toContain('export async function f()');
    expect(code).toMatch(/import \{ startAsyncScope as __startAsyncScope \} from "@spanstream\/browser\/async";\n$/);
  });

  it('take no turn more than they did', async () => {
    const body = 'log(0); await null; log(1); await tick("t"); log(2); for await (const x of [3]) log(x); return 4;';
    const race = `${body.replace('log(0);', 'Promise.resolve().then(() => log("a")).then(() => log("b")).then(() => log("c")).then(() => log("d"));')}`;
    await sameAsNative(race);
  });

  it('are left alone where a block disposes asynchronously, since nothing can stand at its end', () => {
    const disposal: SyntaxNode = { type: 'VariableDeclaration', kind: 'await using', start: 24, end: 40 };
    const awaited: SyntaxNode = { type: 'AwaitExpression', argument: { type: 'Identifier', start: 6, end: 7 }, start: 0, end: 7 };
    const body: SyntaxNode = { type: 'BlockStatement', body: [disposal, awaited], start: 0, end: 50 };
    const fn: SyntaxNode = { type: 'FunctionDeclaration', async: true, params: [], body, start: 0, end: 50 };
    expect(instrumentAsync(' '.repeat(60), fn, 'x.js')).toBeUndefined();
  });

  it('leave the frame of the caller as it was after each stretch', async () => {
    const frame: Frame = { context: undefined };
    contextManager.swap(frame);
    const running = outcome(
      `const __startAsyncScope = startAsyncScope;${prepare('const f = async () => { await tick(1); }; return f();')!.code.replace(/^import .*$/m, '')}`,
    );
    expect(contextManager.swap(undefined)).toBe(frame);
    await running;
    expect(contextManager.swap(undefined)).toBeUndefined();
  });
});
