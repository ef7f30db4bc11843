import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { close, flush, init, type LegacySpan, type Span, startSpan, tracing } from '@spanstream/node';
import { describe, expect, it, onTestFinished } from 'vitest';

type Active = <T>(name: string, callback: (span: Span | LegacySpan) => T) => T;
type Attributes = Record<string, unknown>;

/** A span less what differs from run to run, with its parent's name. */
interface Seen {
  readonly name: string;
  readonly parent: string | undefined;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

interface WireSpan {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name?: string;
  readonly description?: string;
  readonly status: string;
  readonly attributes?: Record<string, { readonly value: unknown }>;
  readonly data?: Attributes;
}

/** What an envelope says once and a streamed span on each. */
const SAID_BY_EVENT = /^sentry\.(trace_lifecycle|sdk\.name|sdk\.version|release|environment|segment\.(id|name))$/;

function parse(envelope: string): WireSpan[] {
  const [, item = '{}', payload = '{}'] = envelope.split('\n');
  const { type } = JSON.parse(item) as { type: string };
  if (type === 'span') return (JSON.parse(payload) as { items: WireSpan[] }).items;
  if (type !== 'transaction') return [];
  const { transaction, contexts, spans } = JSON.parse(payload) as { transaction: string; contexts: { trace: WireSpan }; spans: WireSpan[] };
  return [...spans, { ...contexts.trace, name: transaction }];
}

function toSeen(spans: WireSpan[], ports: string[]): Seen[] {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const nameOf = (span: WireSpan | undefined): string | undefined => anonymous(span?.name ?? span?.description);
  const anonymous = (text: string | undefined): string | undefined => ports.reduce((t, port) => t?.replaceAll(port, 'PORT'), text);
  return spans
    .map((span) => {
      const own = span.data ?? Object.fromEntries(Object.entries(span.attributes ?? {}).map(([key, { value }]) => [key, value]));
      const kept = Object.entries(own).filter(([key]) => !SAID_BY_EVENT.test(key) && !key.endsWith('port'));
      return {
        name: nameOf(span)!,
        parent: nameOf(byId.get(span.parent_span_id ?? '')),
        failed: span.status !== 'ok',
        attributes: JSON.parse(
          anonymous(JSON.stringify(Object.fromEntries(kept.toSorted(([a], [b]) => a.localeCompare(b)))))!,
        ) as Attributes,
      };
    })
    .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

const ask = (port: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    }).on('error', reject);
  });

/** A service that asks another one in both ways, and a caller that is traced as well. */
async function run(traceLifecycle: 'stream' | 'static', active: Active): Promise<Seen[]> {
  const envelopes: string[] = [];
  init({
    dsn: `http://${'0'.repeat(32)}@127.0.0.1:9/1`,
    traceLifecycle,
    tracesSampleRate: 1,
    transport: () => ({
      send: async (_url, { body }) => {
        envelopes.push(typeof body === 'string' ? body : Buffer.from(body).toString());
        return { status: 200, headers: { get: () => undefined } };
      },
    }),
  });
  const stock = await listen((request, response) => response.writeHead(request.url === '/missing' ? 404 : 200).end('{}'));
  const shop = await listen((_request, response) => {
    void active('handle', async (span) => {
      span.setAttribute('cart.items', 3);
      await (await fetch(`http://127.0.0.1:${stock}/items`)).text();
      await ask(stock, '/missing');
      active('render', () => 1);
      response.writeHead(500).end();
    });
  });
  await active('client', () => ask(shop, '/orders?id=1'));
  // The server's own span ends when its answer is out, which may be after the client has it.
  const client = (await import('@spanstream/node')).getClient()!;
  while (client.openSpans().length > 0) await new Promise((resolve) => setImmediate(resolve));
  await flush();
  await close();
  return toSeen(envelopes.flatMap(parse), [stock, shop]);
}

describe('R12: instrumentation of Node', () => {
  it('R12: gives the same spans, attributes and parents in both lifecycles', async () => {
    const streamed = await run('stream', (name, callback) => tracing.startSpan({ name }, callback));
    expect(streamed.length).toBeGreaterThanOrEqual(8);
    expect(await run('static', (name, callback) => startSpan({ name }, callback))).toEqual(streamed);
  });
});
