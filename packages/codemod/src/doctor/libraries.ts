import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { libraries, type Library } from '@spanstream/node/libraries';
// @ts-expect-error -- it has no types
import semifies from 'semifies';
import type { Finding } from './finding.ts';
import type { Program } from './program.ts';

const satisfies = semifies as (version: string, range: string) => boolean;
const REGISTER = '@spanstream/node/register';
const SDK = /^@spanstream\/node(?:\/register)?$/;

/** Says of each installed library that the SDK knows whether its calls are traced, and if not, why. */
export function checkLibraries(folder: string, program: Program | undefined): Finding[] {
  const findings = libraries.flatMap((library) => {
    const found = Object.entries(library.packages).flatMap(([name, range]) => {
      const version = installedVersion(folder, name);
      return version === undefined ? [] : [judge({ name, range, version, library }, program)];
    });
    // One package of a library speaks for those that come with it, unless there is something to say of them.
    return found.filter(({ level }, index) => index === 0 || level === 'problem');
  });
  return findings.length > 0 ? findings : [{ level: 'note', text: 'None is installed that is traced without spans of your own.' }];
}

interface Installed {
  readonly name: string;
  readonly range: string;
  readonly version: string;
  readonly library: Library;
}

function judge({ name, range, version, library }: Installed, program: Program | undefined): Finding {
  const what = `${name} ${version}`;
  if (!satisfies(version, range))
    return {
      level: 'problem',
      text: `${what}: unsupported version, traced are ${range}.`,
      fix: `Install one of those, or start spans by hand.`,
    };
  const publishes = library.publishes !== undefined && satisfies(version, library.publishes);
  const isPreloaded = program?.preloaded === REGISTER;
  if (publishes || isPreloaded || program === undefined) return { level: 'ok', text: `${what}: instrumented.` };
  if (isLoadedEarly(name, program))
    return {
      level: 'problem',
      text: `${what}: loaded too early, before the SDK.`,
      fix: `Import the file that calls init first, or start with node --import ${REGISTER}.`,
    };
  if (library.isEsModule === true)
    return {
      level: 'note',
      text: `${what}: instrumented where it is required; imported, it is an ES module, and before Node 24.13 only --import ${REGISTER} reaches those.`,
    };
  return { level: 'ok', text: `${what}: instrumented.` };
}

function isLoadedEarly(name: string, { steps }: Program): boolean {
  const startAt = steps.findIndex((step) => step.kind === 'init' || step.source === REGISTER);
  const sdkAt = startAt >= 0 ? startAt : steps.findIndex((step) => step.kind === 'load' && SDK.test(step.source));
  const loadAt = steps.findIndex((step) => step.kind === 'load' && (step.source === name || step.source.startsWith(`${name}/`)));
  return sdkAt >= 0 && loadAt >= 0 && loadAt < sdkAt;
}

function installedVersion(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'node_modules', name, 'package.json');
    if (existsSync(manifest)) {
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
      return typeof version === 'string' ? version : undefined;
    }
    if (at === dirname(at)) return undefined;
  }
}
