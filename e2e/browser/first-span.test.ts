import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { bundlePage } from './bundle-page.mjs';
import { engines, reasonToSkip } from './engines.mjs';
import { startPageServer } from './page-server.mjs';

type Engine = Awaited<ReturnType<(typeof engines)[number]['start']>>;

let script: string;
beforeAll(async () => {
  script = await bundlePage('exit');
});

describe.each(engines)('$name', ({ name, files, start }) => {
  const isSkipped = reasonToSkip({ name, files }) !== undefined;
  let engine: Engine;
  beforeAll(async () => {
    if (!isSkipped) engine = await start();
  });
  afterAll(() => engine?.close());

  test.skipIf(isSkipped)('a page of an application built with Vite delivers its spans', async () => {
    const [backend, pages] = await Promise.all([startBackend({ isForPages: true }), startPageServer(script)]);
    const spans = [{ prefix: 'span', count: 3 }];
    const { page, url } = pages.addPage({ options: { dsn: backend.dsn }, spans, flushMs: 5000 });
    const tab = await engine.openTab();
    await tab.goto(url);
    const { isFlushed, stats } = await pages.hear(page, 'ready');
    expect({ isFlushed, delivered: stats.delivered }).toEqual({ isFlushed: true, delivered: 3 });
    expect(backend.names).toEqual(['span 0', 'span 1', 'span 2']);
    expect(backend.refusals).toEqual([]);
    expect(tab.errors()).toEqual([]);
    await tab.close();
    await Promise.all([backend.close(), pages.close()]);
  });
});
