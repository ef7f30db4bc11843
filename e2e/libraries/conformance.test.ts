import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { node24 } from '../process/node-24.mjs';
import { BEGIN, END, formatTable } from './format-table.mjs';
import { formatSpans } from './format-spans.mjs';
import { MODES, runScenario } from './run-scenario.mjs';
import { isMissing, portOf, type ServerName } from './shared-servers.ts';

interface Scenario {
  readonly integration: string;
  /** As it is installed here, where the scenario has another name. */
  readonly packageName?: string;
  readonly needs?: ServerName;
  /** Runs on Node 24: earlier ones do not have it. */
  readonly isForNode24?: boolean;
  /** A module of Node's own: its name, and the versions of Node whose module is traced. */
  readonly builtin?: readonly [string, string] | undefined;
  readonly tree: string[];
  readonly attributes: Record<string, Record<string, unknown>>;
  /** Attributes that are numbers, another one in each run. */
  readonly measured?: Record<string, string[]>;
  /** The names of the spans that the spans of a name have links to, in the order of their starts. */
  readonly links?: Record<string, string[]>;
  readonly lastsMs?: Record<string, number>;
  /** Spans whose names are the library's own affair are not. */
  isShown?(span: Span): boolean;
  /** Spans of others that may hold what the library's must not. */
  isAllowed?(span: Span): boolean;
}

interface Span {
  readonly name: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly links?: { readonly trace_id: string; readonly span_id: string }[];
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  readonly attributes: Record<string, { value: unknown }>;
}

const DOCS = join(import.meta.dirname, '../../docs/libraries.md');

/** One in CommonJS, one whose modules are of both kinds, one that is an ES module. */
const ACROSS_BUNDLERS = ['express4', 'graphql', 'hono'];

const names = readdirSync(join(import.meta.dirname, 'scenarios'))
  .filter((file) => !file.endsWith('-scenario.mjs'))
  .map((file) => file.replace('.mjs', ''));

const results = new Map<string, Pick<Scenario, 'integration' | 'packageName' | 'builtin'> & { passed: Map<string, string[]> }>();

describe.each(names)('%s', async (name) => {
  const { scenario } = (await import(`./scenarios/${name}.mjs`)) as { scenario: Scenario };
  const { needs, integration, packageName = name, builtin } = scenario;
  results.set(name, { integration, packageName, builtin, passed: new Map() });
  const node = scenario.isForNode24 === true ? node24 : process.execPath;
  const isLeftOut = isMissing(needs) || (node === undefined && process.env['CI'] !== 'true');

  const modes = ACROSS_BUNDLERS.includes(name) ? [...MODES, 'rollup', 'vite'] : MODES;

  test.skipIf(isLeftOut).each(modes)('%s', async (mode) => {
    const { code, stdout, stderr, spans, refusals } = await runScenario(name, mode, await portOf(needs), node);
    expect({ code, stderr, refusals }).toEqual({ code: 0, stderr: '', refusals: [] });
    const shown = spans.filter((span: Span) => scenario.isShown?.(span) !== false);
    expect(formatSpans(shown)).toEqual(scenario.tree);
    // After `close()` the library does the same and leaves nothing.
    expect(JSON.parse(stdout)).toEqual({ later: 0 });
    for (const [span, attributes] of Object.entries(scenario.attributes)) {
      const found = spans.find((one: Span) => one.name === span) as Span;
      const values = Object.fromEntries(Object.entries(found.attributes).map(([key, { value }]) => [key, value]));
      expect(values, span).toMatchObject(attributes);
    }
    for (const [span, keys] of Object.entries(scenario.measured ?? {}))
      for (const key of keys) expect(spans.find((one: Span) => one.name === span)?.attributes[key]?.value, key).toEqual(expect.any(Number));
    for (const [span, linked] of Object.entries(scenario.links ?? {})) expect(linkedNames(spans, span), span).toEqual(linked);
    for (const [span, ms] of Object.entries(scenario.lastsMs ?? {}))
      expect(Math.max(...spans.filter((one: Span) => one.name === span).map(durationMs)), span).toBeGreaterThanOrEqual(ms);
    // R35: what the scenarios ask for and store is called so.
    const secret = spans.filter((span: Span) => scenario.isAllowed?.(span) !== true && JSON.stringify(span).includes('secret'));
    expect(secret).toEqual([]);
    const ops = (shown as Span[]).map((span) => (span.attributes['sentry.op']?.value ?? 'http.server') as string);
    results.get(name)!.passed.set(mode, [...new Set(ops.filter((op) => op !== 'http.server'))].sort());
  });
});

// With `-t`, or where a server is missing, the table would lack rows.
test.skipIf(process.argv.includes('-t'))('docs/libraries.md has the table of this run', () => {
  const before = readFileSync(DOCS, 'utf8');
  const [head, tail] = [before.slice(0, before.indexOf(BEGIN)), before.slice(before.indexOf(END))];
  const after = `${head}${BEGIN}\n\n${formatTable(results)}\n\n${tail}`;
  if (process.env['SPANSTREAM_WRITE_DOCS'] === '1') writeFileSync(DOCS, after);
  else expect(withoutPadding(before)).toBe(withoutPadding(after));
});

/** The formatter makes columns of tables. */
function withoutPadding(markdown: string): string {
  return markdown
    .replaceAll(/ +\|/g, ' |')
    .replaceAll(/\| +/g, '| ')
    .replaceAll(/\| -+/g, '| -')
    .replaceAll(/\|-+/g, '| -')
    .replaceAll('-|', '- |');
}

function linkedNames(spans: readonly Span[], name: string): (string | undefined)[] {
  return spans
    .filter((span) => span.name === name)
    .sort((a, b) => a.start_timestamp - b.start_timestamp)
    .flatMap(({ links = [] }) => links)
    .map((link) => spans.find((span) => span.span_id === link.span_id && span.trace_id === link.trace_id)?.name);
}

function durationMs({ start_timestamp, end_timestamp }: Span): number {
  return (end_timestamp - start_timestamp) * 1000;
}
