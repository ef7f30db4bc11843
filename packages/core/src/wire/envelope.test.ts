import { fc, test } from '@fast-check/vitest';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestClient } from '../testing.ts';
import { ByteWriter } from './byte-writer.ts';
import { type EnvelopeFacts, EnvelopeWriter } from './envelope.ts';

afterEach(() => createTestClient().close());

const FACTS: EnvelopeFacts = { sdk: { name: 'spanstream.node', version: '1.2.3' }, dsn: undefined, ingestSettings: undefined };

function write(facts: EnvelopeFacts, trace = '{"trace_id":"a"}', spanCount = 0): string[] {
  const out = new ByteWriter(0);
  new EnvelopeWriter(facts).begin(out, Date.UTC(2026, 0, 2, 3, 4, 5, 6), trace, spanCount);
  new EnvelopeWriter(facts).end(out);
  return Buffer.from(out.toBytes()).toString().split('\n');
}

describe('envelope', () => {
  it('has a header, one span container and nothing else', () => {
    expect(write(FACTS, undefined, 1000)).toEqual([
      '{"sent_at":"2026-01-02T03:04:05.006Z","trace":{"trace_id":"a"},"sdk":{"name":"spanstream.node","version":"1.2.3"}}',
      '{"type":"span","item_count":1000,"content_type":"application/vnd.sentry.items.span.v2+json"}',
      '{"version":2,"items":[]}',
      '',
    ]);
  });

  it('names the DSN only for a tunnel, and in browsers what may be inferred', () => {
    const [header, , payload] = write({
      ...FACTS,
      dsn: 'https://key@höst/1',
      ingestSettings: { infer_ip: 'never', infer_user_agent: 'auto' },
    });
    expect(JSON.parse(header!)).toMatchObject({ dsn: 'https://key@höst/1' });
    expect(payload).toBe('{"version":2,"ingest_settings":{"infer_ip":"never","infer_user_agent":"auto"},"items":[]}');
  });

  test.prop([fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '"', '\n', '中', '😀') })], {
    numRuns: 50,
  })('R26: names and releases of any characters arrive in the trace header', (name, release) => {
    const client = createTestClient({ release });
    client.tracing.startSpan({ name: `n${name}` }, () => 1);
    client.flatSpans();
    const [header] = client.envelopes()[0]!.split('\n');
    const { trace } = JSON.parse(header!) as { trace: Record<string, string> };
    expect(trace['transaction']).toBe(Buffer.from(`n${name}`).toString());
    expect(trace['release'] ?? '').toBe(Buffer.from(release).toString());
  });
});
