import { expect, onTestFinished, test } from 'vitest';
import type { Viewer } from '../start-viewer.ts';
import { postEnvelope, readJson, spanEnvelope, spanId, startTestViewer, TRACE_ID, wireSpan } from '../test-requests.ts';

interface LiveEvent {
  name: string;
  id: string | undefined;
  data: Record<string, unknown>;
}

/** Reads events off a stream until it ends; comments are skipped. */
async function* listen(viewer: Viewer, query = '', headers: Record<string, string> = {}): AsyncGenerator<LiveEvent> {
  const response = await fetch(`${viewer.url}/api/live${query}`, { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined)
        yield { name: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) as Record<string, unknown> };
    }
  }
}

/** The next event, which must come. */
async function next(events: AsyncGenerator<LiveEvent>): Promise<LiveEvent> {
  const { value } = (await events.next()) as { value: LiveEvent | undefined };
  if (value === undefined) throw new Error('the stream ended');
  return value;
}

test('each span is a message whose id is a cursor, and a stream goes on from it', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await postEnvelope(viewer, spanEnvelope([wireSpan()]));
  const { cursor } = await readJson<{ cursor: string }>(viewer, '/api/spans');
  await postEnvelope(viewer, spanEnvelope([wireSpan({ span_id: spanId(2), name: 'two' })]));
  const events = listen(viewer, `?since=${cursor}`);
  const missed = await next(events);
  await postEnvelope(viewer, spanEnvelope([wireSpan({ span_id: spanId(3), name: 'three' })]));
  const live = await next(events);
  const again = await next(listen(viewer, '', { 'last-event-id': missed.id ?? '' }));
  expect(missed).toMatchObject({
    name: 'message',
    data: { name: 'two', span_id: spanId(2), service: 'project 1', received_at: expect.any(Number) },
  });
  expect(live).toMatchObject({ name: 'message', data: { name: 'three' } });
  expect(again.data['name']).toBe('three');
});

test('one trace can be followed alone', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await postEnvelope(viewer, spanEnvelope([wireSpan({ name: 'before' })]));
  const { cursor } = await readJson<{ cursor: string }>(viewer, '/api/spans');
  await postEnvelope(viewer, spanEnvelope([wireSpan({ trace_id: 'd'.repeat(32), name: 'other' })]));
  await postEnvelope(viewer, spanEnvelope([wireSpan({ span_id: spanId(2), name: 'own' })]));
  const event = await next(listen(viewer, `?trace=${TRACE_ID}&since=${cursor}`));
  expect(event.data['name']).toBe('own');
});

test('summaries tell rows, notices and counts, first all and then what changed', async () => {
  const viewer = await startTestViewer(onTestFinished);
  await postEnvelope(viewer, spanEnvelope([wireSpan()]));
  const events = listen(viewer, '?topics=traces,notices,stats');
  expect(await next(events)).toMatchObject({ name: 'traces', data: { changed: [{ trace_id: TRACE_ID }], order: [TRACE_ID] } });
  expect(await next(events)).toMatchObject({ name: 'notices', data: { notices: [] } });
  expect(await next(events)).toMatchObject({ name: 'stats', data: { spans: 1 } });
  await postEnvelope(viewer, 'hello');
  expect(await next(events)).toMatchObject({ name: 'traces', data: { changed: [], order: [TRACE_ID] } });
  expect(await next(events)).toMatchObject({ name: 'notices', data: { notices: [{ kind: 'refused' }] } });
});

test('a cursor that is none is refused', async () => {
  const viewer = await startTestViewer(onTestFinished);
  expect((await fetch(`${viewer.url}/api/live?since=nonsense`)).status).toBe(400);
});
