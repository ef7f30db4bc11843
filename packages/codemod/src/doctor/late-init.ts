import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parse } from '@babel/parser';
import type { Finding } from './finding.ts';

/** Modules that have to be loaded after `init` has run, since they take what they need from Node once. */
const WATCHED = new Set([
  'http',
  'https',
  'undici',
  'express',
  'fastify',
  'koa',
  'hono',
  'h3',
  'pg',
  'mysql2',
  'mongodb',
  'redis',
  'ioredis',
]);
const SDK = /^@spanstream\/node(?:\/register)?$/;
const REGISTER = '@spanstream/node/register';

interface Manifest {
  readonly main?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Looks at the entry of the program: is the SDK the first that it loads? */
export function checkInit(folder: string): Finding[] {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return [{ level: 'note', text: `No package.json in ${folder}: the order of init was not looked at.` }];
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const start = manifest.scripts?.['start'] ?? '';
  if (start.includes(REGISTER)) return [{ level: 'ok', text: `The start script loads ${REGISTER} before everything else.` }];
  const preloaded = /--(?:import|require)[= ]+(\S+)/.exec(start)?.[1];
  if (preloaded !== undefined && loadsSdk(resolve(folder, preloaded)))
    return [{ level: 'ok', text: `The start script loads ${preloaded}, which has the SDK, before everything else.` }];
  const entry = entryOf(folder, manifest, start);
  if (entry === undefined) return [{ level: 'note', text: 'No entry file found: the order of init was not looked at.' }];
  return [judge(folder, entry)];
}

function entryOf(folder: string, { main }: Manifest, start: string): string | undefined {
  const named = /\bnode\b(?:\s+-\S+)*\s+([^\s-]\S*)/.exec(start)?.[1];
  for (const name of [named, main, 'index.js', 'index.mjs', 'src/index.ts', 'src/index.js', 'server.js']) {
    const file = name === undefined ? undefined : resolve(folder, name);
    if (file !== undefined && existsSync(file)) return file;
  }
  return undefined;
}

function judge(folder: string, entry: string): Finding {
  const name = relative(folder, entry);
  const loads = loadsOf(entry);
  const sdkAt = loads.findIndex((source) => SDK.test(source) || (source.startsWith('.') && loadsSdk(resolve(entry, '..', source))));
  if (sdkAt < 0)
    return {
      level: 'problem',
      text: `${name} does not load the SDK.`,
      fix: `Start with node --import ${REGISTER} ${name}, or import the file that calls init first.`,
    };
  const early = loads.slice(0, sdkAt).filter((source) => WATCHED.has(source.replace(/^node:/, '')));
  if (early.length > 0)
    return {
      level: 'problem',
      text: `${name} loads ${early.join(', ')} before the SDK: init comes late.`,
      fix: `Import the file that calls init first, or start with node --import ${REGISTER} ${name}.`,
    };
  return { level: 'ok', text: `${name} loads the SDK before what it instruments.` };
}

/** Whether the file itself imports the SDK. */
function loadsSdk(file: string): boolean {
  const found = [file, `${file}.js`, `${file}.mjs`, `${file}.ts`].find((candidate) => existsSync(candidate) && /\.\w+$/.test(candidate));
  return found !== undefined && loadsOf(found).some((source) => SDK.test(source));
}

/** What a file loads, in order: ES imports go first, wherever they stand. */
function loadsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  try {
    const { program } = parse(text, { sourceType: 'unambiguous', errorRecovery: true, plugins: ['typescript', 'jsx', 'decorators'] });
    const imports = program.body.flatMap((node) =>
      'source' in node && node.source && !('importKind' in node && node.importKind === 'type') ? [node.source.value] : [],
    );
    const requires = Array.from(text.matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g), (match) => match[1]!);
    return [...imports, ...requires];
  } catch {
    return [];
  }
}
