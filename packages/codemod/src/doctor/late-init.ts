import { relative } from 'node:path';
import type { Finding } from './finding.ts';
import type { Program, Step } from './program.ts';

/** Modules of Node whose functions `init` wraps; what was taken out of them before stays as it was on Node before 22.12 (docs/guide.md). */
const WRAPPED = new Set(['http', 'https']);
const SDK = /^@spanstream\/node(?:\/register)?$/;
const REGISTER = '@spanstream/node/register';

/** Looks at how the program starts: is the SDK loaded in time, and does it call `init`? */
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
  const early = steps.slice(0, sdkAt).filter(isTakenOut);
  if (early.length > 0)
    return [
      {
        level: 'problem',
        text: `${name} takes functions out of ${early.map(({ source, file }) => `${source}${within(relative(folder, file), name)}`).join(', ')} before the SDK is loaded: on Node before 22.12 their requests are not traced.`,
        fix: `Import the file that calls init first, or start with node --import ${REGISTER} ${name}.`,
      },
    ];
  const loaded: Finding =
    sdkAt === 0
      ? { level: 'ok', text: `${name} loads the SDK first.` }
      : {
          level: 'note',
          text: `${name} loads ${sdkAt === 1 ? '1 module' : `${sdkAt} modules`} before the SDK: they are traced all the same, but not what they do before init.`,
        };
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

type Load = Extract<Step, { kind: 'load' }>;

function isTakenOut(step: Step): step is Load {
  return step.kind === 'load' && step.takesOut && WRAPPED.has(step.source.replace(/^node:/, ''));
}

function within(file: string, entry: string): string {
  return file === entry ? '' : ` (in ${file})`;
}
