import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Client, init, type Integration, type Options, type TransportRequest } from '@spanstream/core';
import { nodePlatform } from '../platform.ts';

/** A span as it arrived, its attributes without their types. */
export interface ReceivedSpan {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name: string;
  readonly status: string;
  readonly is_segment: boolean;
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  readonly attributes: Record<string, unknown>;
}

/** A running client whose envelopes stay in memory. */
export interface Rig {
  readonly client: Client;
  readonly envelopes: string[];
  /** Everything that has ended so far. */
  spans(): Promise<ReceivedSpan[]>;
  /** The spans of that op. */
  spansOf(op: string): Promise<ReceivedSpan[]>;
  close(): Promise<unknown>;
}

/** Starts a client with these integrations alone. */
export function startRig(integrations: Integration[], options: Options = {}): Rig {
  const envelopes: string[] = [];
  const transport = () => ({
    send: async (_url: string, { body }: TransportRequest) => {
      envelopes.push(typeof body === 'string' ? body : Buffer.from(body).toString());
      return { status: 200, headers: { get: () => undefined } };
    },
  });
  const client = init(
    {
      dsn: `http://${'0'.repeat(32)}@127.0.0.1:9/1`,
      traceLifecycle: 'stream',
      tracesSampleRate: 1,
      release: 'shop@1',
      transport,
      integrations: () => integrations,
      ...options,
    },
    { platform: nodePlatform, env: {}, defaultIntegrations: () => [] },
  );
  const spans = async (): Promise<ReceivedSpan[]> => {
    await client.flush();
    return envelopes.flatMap(parseSpans);
  };
  const spansOf = async (op: string): Promise<ReceivedSpan[]> => (await spans()).filter((span) => span.attributes['sentry.op'] === op);
  return { client, envelopes, spans, spansOf, close: () => client.close() };
}

/** A server on a port of its own. */
export async function listen(listener: RequestListener): Promise<{ server: Server; port: number; url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, port, url: `http://127.0.0.1:${port}`, close };
}

/** A connection on which requests are written by hand. */
export async function openConnection(port: number): Promise<{ socket: Socket; received(): string; until(part: string): Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await once(socket, 'connect');
  const until = async (part: string): Promise<string> => {
    while (!text.includes(part)) await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return text;
  };
  return { socket, received: () => text, until };
}

/** Resolves when that many spans have ended in the client; what is waited for is the event, not time. */
export async function spansEnded(rig: Rig, count: number): Promise<void> {
  while (rig.client.stats().started < count || rig.client.openSpans().length > 0) await new Promise((resolve) => setImmediate(resolve));
}

function parseSpans(envelope: string): ReceivedSpan[] {
  const lines = envelope.trimEnd().split('\n');
  const spans: ReceivedSpan[] = [];
  for (let i = 1; i + 1 < lines.length; i += 2) {
    const header = JSON.parse(lines[i]!) as { type: string };
    if (header.type !== 'span') continue;
    const payload = JSON.parse(lines[i + 1]!) as { items: (ReceivedSpan & { attributes: Record<string, { value: unknown }> })[] };
    for (const span of payload.items)
      spans.push({ ...span, attributes: Object.fromEntries(Object.entries(span.attributes).map(([key, { value }]) => [key, value])) });
  }
  return spans;
}
