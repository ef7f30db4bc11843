import { relative } from 'node:path';
import type { Finding } from './finding.ts';
import type { Program, Step } from './program.ts';

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

/** Looks at how the program starts: is the SDK the first that it loads, and does it call `init`? */
export function checkInit(folder: string, program: Program | undefined): Finding[] {
  if (program === undefined) return [{ level: 'note', text: `No package.json in ${folder}: the order of init was not looked at.` }];
  const { preloaded, entry, steps } = program;
  if (preloaded === REGISTER) return [{ level: 'ok', text: `The start script loads ${REGISTER} before everything else.` }];
  if (entry === undefined && preloaded === undefined)
    return [{ level: 'note', text: 'No entry file found: the order of init was not looked at.' }];
  const name = entry === undefined ? preloaded! : relative(folder, entry);
  return judge(name, folder, steps);
}

function judge(name: string, folder: string, steps: readonly Step[]): Finding[] {
  const sdkAt = steps.findIndex((step) => step.kind === 'load' && SDK.test(step.source));
  if (sdkAt < 0)
    return [
      {
        level: 'problem',
        text: `${name} does not load the SDK.`,
        fix: `Start with node --import ${REGISTER} ${name}, or import the file that calls init first.`,
      },
    ];
  const early = steps
    .slice(0, sdkAt)
    .flatMap((step) => (step.kind === 'load' && WATCHED.has(step.source.replace(/^node:/, '')) ? [step] : []));
  if (early.length > 0)
    return [
      {
        level: 'problem',
        text: `${name} loads ${early.map(({ source, file }) => `${source}${within(relative(folder, file), name)}`).join(', ')} before the SDK: init comes late.`,
        fix: `Import the file that calls init first, or start with node --import ${REGISTER} ${name}.`,
      },
    ];
  const loaded: Finding = { level: 'ok', text: `${name} loads the SDK before what it instruments.` };
  const isStarted = steps.some((step) => step.kind === 'init' || step.source === REGISTER);
  if (!isStarted)
    return [
      loaded,
      { level: 'problem', text: `Nothing that ${name} loads calls init.`, fix: 'Call init in a file that is imported first.' },
    ];
  return [loaded, ...twice(folder, steps)];
}

/** A second `init` closes the first client. */
function twice(folder: string, steps: readonly Step[]): Finding[] {
  const places = steps.flatMap((step) => (step.kind === 'init' ? [`${relative(folder, step.file)}:${step.line}`] : []));
  if (places.length < 2) return [];
  return [
    { level: 'note', text: `init is called in ${places.join(', ')}: each closes the client before it. Keep one, if more than one runs.` },
  ];
}

function within(file: string, entry: string): string {
  return file === entry ? '' : ` (in ${file})`;
}
