import type { ChildProcess } from 'node:child_process';
import { type Current, getClient, type Integration, parseIncoming } from '@spanstream/core';
import { subscribe, unsubscribe } from '../builtins.ts';

/** Told of each process that `spawn`, `fork`, `exec` and `execFile` make, before it starts: https://nodejs.org/api/diagnostics_channel.html#process */
const CHANNEL = 'child_process';
/** The names of https://opentelemetry.io/docs/specs/otel/context/env-carriers/ */
const VARIABLES: readonly (readonly [header: string, variable: string])[] = [
  ['traceparent', 'TRACEPARENT'],
  ['tracestate', 'TRACESTATE'],
  ['baggage', 'BAGGAGE'],
];
/** Where `traceWorkerData` puts the headers. */
const MEMBER = 'spanstream.trace';

type Headers = Record<string, string>;

/** What `ChildProcess#spawn` is given; `envPairs` is what the process will find in its environment. */
interface Spawning {
  spawn(options: { envPairs?: string[] | undefined }): unknown;
}

/**
 * Lets the trace go on in child processes, which find it in `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, and in worker threads that
 * were given `traceWorkerData`. Spans that have no other parent there belong to it. `spawnSync` and its siblings tell nobody.
 */
export function processContextIntegration(): Integration {
  return {
    name: 'ProcessContext',
    setup({ current }) {
      joinTrace(current, headersOfWorker() ?? headersOfEnvironment());
      const onCreated = (message: unknown): void => {
        try {
          passOn(current, (message as { readonly process: ChildProcess }).process as unknown as Spawning);
        } catch (error) {
          current.fault('ProcessContext', error);
        }
      };
      subscribe(CHANNEL, onCreated);
      return () => void unsubscribe(CHANNEL, onCreated);
    },
  };
}

/**
 * The data with the current trace beside its own members, for a worker thread to go on with:
 * `new Worker(file, { workerData: traceWorkerData({ … }) })`.
 */
export function traceWorkerData<T extends object>(workerData: T): T {
  const headers = traceHeaders(getClient()?.current);
  return headers === undefined ? workerData : { ...workerData, [MEMBER]: headers };
}

function traceHeaders(current: Current | undefined): Headers | undefined {
  if (current === undefined) return undefined;
  const { context } = current.tracer;
  return current.tracer.currentTrace(context) === undefined ? undefined : current.headers.create(context);
}

function joinTrace({ tracer, incoming }: Current, headers: Headers | undefined): void {
  if (headers === undefined) return;
  const trace = parseIncoming(headers, incoming);
  // What names no span of anybody's is no trace to join.
  if (trace.parentSpanId !== undefined) tracer.rootContext = { ...tracer.rootContext, trace };
}

function headersOfEnvironment(): Headers | undefined {
  const headers: Headers = {};
  for (const [header, variable] of VARIABLES) {
    const value = process.env[variable];
    if (value !== undefined) headers[header] = value;
  }
  return headers['traceparent'] === undefined ? undefined : headers;
}

/** Who has not loaded the module is no worker; loading it to ask takes 1 to 2.5 ms (Node 20). */
function headersOfWorker(): Headers | undefined {
  const { moduleLoadList } = process as { readonly moduleLoadList?: readonly string[] };
  if (moduleLoadList?.includes('NativeModule worker_threads') !== true) return undefined;
  const data: unknown = process.getBuiltinModule('node:worker_threads').workerData;
  const headers: unknown = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>)[MEMBER] : undefined;
  return typeof headers === 'object' && headers !== null ? (headers as Headers) : undefined;
}

/** Replaces the method on this one process, for its one call. */
function passOn(current: Current, child: Spawning): void {
  const headers = traceHeaders(current);
  if (headers === undefined) return;
  const { spawn } = child;
  child.spawn = (options) => {
    Reflect.deleteProperty(child, 'spawn');
    if (Array.isArray(options.envPairs)) addVariables(options.envPairs, headers);
    return spawn.call(child, options);
  };
}

/** A variable that the application itself has set for the child stays. */
function addVariables(envPairs: string[], headers: Headers): void {
  const own = envPairs.find((pair) => pair.startsWith('TRACEPARENT='));
  if (own !== undefined && own !== `TRACEPARENT=${process.env['TRACEPARENT']}`) return;
  for (const [header, variable] of VARIABLES) {
    const at = envPairs.findIndex((pair) => pair.startsWith(`${variable}=`));
    if (at >= 0) envPairs.splice(at, 1);
    if (headers[header] !== undefined) envPairs.push(`${variable}=${headers[header]}`);
  }
}
