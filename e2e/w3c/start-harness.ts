import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A header line as it is written, name and value. */
export type Line = readonly [name: string, value: string];

/** What a call of the service to the harness carried. */
export interface Call {
  readonly traceId: string;
  readonly parentId: string;
  /** Members in their order; a key that came twice counts once, with its first value. */
  readonly tracestate: ReadonlyMap<string, string>;
}

// The grammar of the working group's own checker: https://www.w3.org/TR/trace-context-2/#tracestate-header
const KEY = '[a-z][_0-9a-z\\-*/]{0,255}|[0-9a-z][_0-9a-z\\-*/]{0,240}@[a-z][_0-9a-z\\-*/]{0,13}';
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const MEMBER = new RegExp(`^(${KEY})=(${VALUE})$`);
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/** The other side of the service under test: sends it requests with chosen headers and looks at the calls it makes. */
export async function startHarness(serviceUrl: string) {
  const received = new Map<string, IncomingMessage['rawHeaders']>();
  const server = createServer((incoming, response) => {
    received.set(incoming.url ?? '', incoming.rawHeaders);
    incoming.resume();
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  /** Asks the service to call the harness so many times. */
  async function call(lines: readonly Line[], count = 1): Promise<Call[]> {
    const paths = Array.from({ length: count }, () => `/${randomUUID()}`);
    await post(
      serviceUrl,
      lines,
      paths.map((path) => ({ url: `http://127.0.0.1:${port}${path}`, arguments: [] })),
    );
    return paths.map((path) => readCall(received.get(path)));
  }

  return {
    call,
    callOnce: async (...lines: Line[]): Promise<Call> => (await call(lines))[0]!,
    close: async (): Promise<void> => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** `node:http` writes names and values as they are given, in the order given. */
async function post(url: string, lines: readonly Line[], body: unknown): Promise<void> {
  const content = JSON.stringify(body);
  const { host } = new URL(url);
  const own = ['host', host, 'content-type', 'application/json', 'content-length', String(content.length), 'connection', 'close'];
  const outgoing = request(url, { method: 'POST', headers: [...own, ...lines.flat()] });
  outgoing.end(content);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`the service answered ${response.statusCode}: ${answer}`);
}

function readCall(rawHeaders: string[] | undefined): Call {
  if (rawHeaders === undefined) throw new Error('the service did not call');
  const [traceparent, ...more] = valuesOf(rawHeaders, 'traceparent');
  const parts = TRACEPARENT.exec(traceparent ?? '');
  if (parts === null || more.length > 0) throw new Error(`traceparent: ${JSON.stringify([traceparent, ...more])}`);
  return { traceId: parts[1]!, parentId: parts[2]!, tracestate: readTracestate(valuesOf(rawHeaders, 'tracestate')) };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function readTracestate(values: readonly string[]): Map<string, string> {
  const members = new Map<string, string>();
  for (const member of values.flatMap((value) => value.split(/[ \t]*,[ \t]*/)).filter((text) => text !== '')) {
    const parts = MEMBER.exec(member);
    if (parts === null) throw new Error(`tracestate member ${JSON.stringify(member)}`);
    if (!members.has(parts[1]!)) members.set(parts[1]!, parts[2]!);
  }
  return members;
}
