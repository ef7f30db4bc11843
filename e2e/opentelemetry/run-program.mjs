import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAMS = new URL('../../packages/opentelemetry/test-programs/', import.meta.url);
const TIMEOUT_MS = 40_000;

/**
 * Runs a program in a process of its own and returns the spans that it recorded.
 * @param {string} name
 * @param {Record<string, string>} env
 * @returns {Promise<any[]>}
 */
export function runProgram(name, env = {}) {
  return new Promise((resolve, reject) => {
    const { PATH, HOME, TMPDIR } = process.env;
    const path = (file) => fileURLToPath(new URL(file, PROGRAMS));
    const execArgv = env['OLDER_API'] === undefined ? [] : ['--require', path('older-api.cjs')];
    const child = fork(path(name), { env: { PATH, HOME, TMPDIR, ...env }, execArgv, silent: true });
    const deadline = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    let output = '';
    let answer;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('message', (message) => (answer = message));
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      if (answer?.spans !== undefined && code === 0) resolve(Object.assign(answer.spans, { output }));
      else reject(new Error(`${name} ended with ${code ?? signal}: ${answer?.error ?? ''}\n${output}`));
    });
  });
}

/** Ports and instants differ from run to run. */
const VARYING_KEYS = /(^|\.)port$|^exception\.stacktrace$|^db\.client\.connection|client_port$|peer\.port$|host\.port$/;

/**
 * The spans as trees without ids and times, which can be compared; roots and siblings in the order of their text.
 * @param {any[]} spans
 */
export function toTrees(spans) {
  const byId = new Set(spans.map((span) => span.spanId));
  const childrenOf = (id) => spans.filter((span) => span.parentSpanId === id);
  const node = (span) => ({
    name: span.name,
    kind: span.kind,
    scope: `${span.scope} ${span.version ?? ''}`,
    status: span.status,
    message: span.message === undefined ? undefined : withoutPorts(span.message),
    attributes: normalise(span.attributes),
    links: span.links.length,
    events: span.events.map((event) => ({ name: event.name, attributes: normalise(event.attributes) })),
    isSameTrace:
      span.parentSpanId === undefined || spans.every((other) => other.spanId !== span.parentSpanId || other.traceId === span.traceId),
    children: sorted(childrenOf(span.spanId).map(node)),
  });
  const roots = spans.filter((span) => span.parentSpanId === undefined || !byId.has(span.parentSpanId));
  return sorted(roots.map(node));
}

function normalise(attributes) {
  return Object.fromEntries(
    Object.entries(attributes)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [
        key,
        VARYING_KEYS.test(key) ? typeof value : typeof value === 'string' ? value.replaceAll(/:\d{4,5}\b/g, ':port') : value,
      ]),
  );
}

const withoutPorts = (text) => text.replaceAll(/:\d{4,5}\b/g, ':port');
const sorted = (nodes) => nodes.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
