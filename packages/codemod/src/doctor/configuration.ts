import { relative } from 'node:path';
import { readEnvironment } from '@spanstream/core';
import type { Node } from '@babel/types';
import { bare } from '../syntax.ts';
import type { Finding } from './finding.ts';
import type { Program } from './program.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What `init()` gets where the code gives no option: variable, option, default. Source: docs/options.md. */
const OPTIONS = [
  ['dsn', 'SENTRY_DSN', 'none: spans are recorded and nothing is sent'],
  ['traceLifecycle', 'SENTRY_TRACE_LIFECYCLE', 'static'],
  ['tracesSampleRate', 'SENTRY_TRACES_SAMPLE_RATE', 'none: nothing is recorded'],
  ['release', 'SENTRY_RELEASE', 'none'],
  ['environment', 'SENTRY_ENVIRONMENT', 'production'],
] as const;

/** One option and where its value comes from; without a value: nobody knows it before the program runs. */
interface Setting {
  readonly value?: string;
  readonly from: string;
}

/** The configuration that a program starts with. */
export interface Configuration {
  readonly findings: readonly Finding[];
  /** What is probed: the DSN that is given, else the program's, else the environment's. */
  readonly dsn: string | undefined;
}

/** Options of the program's first `init` go before the environment's, and those before the defaults. */
export function readConfiguration(folder: string, program: Program | undefined, env: Env, givenDsn?: string): Configuration {
  const findings: Finding[] = [];
  const fromEnv: Readonly<Record<string, unknown>> = readEnvironment(env, (message) => {
    findings.push({ level: 'problem', text: message, fix: 'Correct the variable or remove it.' });
  });
  const settings = settingsOf(folder, program, env, findings);
  for (const [option, variable, otherwise] of OPTIONS) {
    const value = fromEnv[option];
    if (settings.get(option) === undefined)
      settings.set(
        option,
        value === undefined ? { value: otherwise, from: 'default' } : { value: String(value as string | number), from: variable },
      );
  }
  for (const [option, { value, from }] of settings)
    findings.push({
      level: 'note',
      text: value === undefined ? `${option}: set by ${from}, to what is not known here` : `${option}: ${value} (${from})`,
    });
  const dsn = settings.get('dsn')!;
  // An empty one means none.
  return { findings, dsn: givenDsn ?? (dsn.from === 'default' ? undefined : dsn.value || undefined) };
}

function settingsOf(folder: string, program: Program | undefined, env: Env, findings: Finding[]): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  const init = program?.steps.find((step) => step.kind === 'init');
  if (init?.kind !== 'init' || init.options === undefined) return settings;
  const from = `init in ${relative(folder, init.file)}:${init.line}`;
  if (init.options.type !== 'ObjectExpression') {
    findings.push({ level: 'note', text: `The options of ${from} are made while the program runs; they go before what follows.` });
    return settings;
  }
  for (const property of init.options.properties) {
    const name = property.type === 'SpreadElement' ? undefined : nameOf(property.key, property.computed);
    if (name === undefined)
      findings.push({ level: 'note', text: `Some options of ${from} are made while the program runs; they go before what follows.` });
    else if (name === '_experiments') setExperiment(settings, property.type === 'ObjectProperty' ? property.value : undefined, env, from);
    else setOption(settings, name, readValue(property.type === 'ObjectProperty' ? property.value : undefined, env), from);
  }
  return settings;
}

function setExperiment(settings: Map<string, Setting>, value: Node | undefined, env: Env, from: string): void {
  if (value?.type !== 'ObjectExpression' || settings.has('traceLifecycle')) return;
  for (const property of value.properties)
    if (property.type === 'ObjectProperty' && nameOf(property.key, property.computed) === 'traceLifecycle')
      setOption(settings, 'traceLifecycle', readValue(property.value, env), from);
}

/** `unset`: as if it were not there. */
function setOption(settings: Map<string, Setting>, name: string, read: { readonly value?: string } | 'unset', from: string): void {
  if (read !== 'unset') settings.set(name, { ...read, from });
}

function nameOf(key: Node, isComputed: boolean): string | undefined {
  if (key.type === 'StringLiteral') return key.value;
  return key.type === 'Identifier' && !isComputed ? key.name : undefined;
}

function readValue(node: Node | undefined, env: Env): { readonly value?: string } | 'unset' {
  if (node === undefined) return {};
  const inner = bare(node);
  if (inner.type === 'StringLiteral') return { value: inner.value };
  if (inner.type === 'NumericLiteral' || inner.type === 'BooleanLiteral') return { value: String(inner.value) };
  if (inner.type === 'Identifier' && inner.name === 'undefined') return 'unset';
  const variable = environmentVariable(inner);
  if (variable !== undefined) return env[variable] === undefined ? 'unset' : { value: env[variable] };
  if (inner.type === 'LogicalExpression' && inner.operator !== '&&') {
    const left = readValue(inner.left, env);
    return left === 'unset' || (inner.operator === '||' && left.value === '') ? readValue(inner.right, env) : left;
  }
  return {};
}

/** `process.env.NAME` */
function environmentVariable(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' || node.object.type !== 'MemberExpression') return undefined;
  const { object, property } = node.object;
  const isEnv = object.type === 'Identifier' && object.name === 'process' && property.type === 'Identifier' && property.name === 'env';
  return isEnv ? nameOf(node.property, node.computed) : undefined;
}
