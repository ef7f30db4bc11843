import type * as SpanStream from '@spanstream/browser';
import { chromium, type Browser, type Frame, type Page } from 'playwright-core';

/** The system's Chromium, with the back/forward cache that Playwright switches off. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-gpu',
      '--enable-features=BackForwardCache',
    ],
  });
}

/** What the scripts of a page leave there. */
export interface PageGlobals {
  readonly SpanStream: typeof SpanStream;
  readonly client: SpanStream.Client;
  /** `persisted` of each `pageshow`; the document that came back from the cache has a true one. */
  readonly shown?: boolean[];
}

/** Ends so many spans: one top-level span of that name, last, and below it `<name> 1`, …; then leaves in the same turn, if told to. */
export function endSpans(
  page: Page | Frame,
  name: string,
  count: number,
  more: { textLength?: number; thenGoTo?: string } = {},
): Promise<void> {
  return page.evaluate(
    ([prefix, spanCount, textLength, url]) => {
      const { tracing } = (globalThis as unknown as PageGlobals).SpanStream;
      tracing.startSpan({ name: prefix, parentSpan: null }, (root) => {
        for (let i = 1; i < spanCount; i++) {
          tracing.startSpan({ name: `${prefix} ${i}`, parentSpan: root, attributes: { text: 'a'.repeat(textLength) } }).end();
        }
      });
      if (url !== undefined) location.assign(url);
    },
    [name, count, more.textLength ?? 0, more.thenGoTo] as const,
  );
}

/** As `endSpans`, in a frame that is gone in the same turn: nothing of it has left before. */
export function endSpansInFrame(page: Page, name: string, count: number, textLength: number): Promise<void> {
  return page.evaluate(
    async ([prefix, spanCount, length]) => {
      const frame = document.createElement('iframe');
      frame.src = '/frame';
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
      document.body.append(frame);
      await loaded;
      const { tracing } = (frame.contentWindow as unknown as PageGlobals).SpanStream;
      tracing.startSpan({ name: prefix, parentSpan: null }, (root) => {
        for (let i = 1; i < spanCount; i++) {
          tracing.startSpan({ name: `${prefix} ${i}`, parentSpan: root, attributes: { text: 'a'.repeat(length) } }).end();
        }
      });
      frame.remove();
    },
    [name, count, textLength] as const,
  );
}

/** The client's counters, with the sum that they must make. */
export function readStats(page: Page): Promise<{ started: number; sum: number; inFlight: number; delivered: number; storage: number }> {
  return page.evaluate(() => {
    const { client } = globalThis as unknown as PageGlobals;
    const { started, open, buffered, inFlight, delivered, dropped } = client.stats();
    const sum = open + buffered + inFlight + delivered + Object.values(dropped).reduce((all, count) => all + count, 0);
    return { started, sum, inFlight, delivered, storage: dropped.storage };
  });
}

/** How many envelopes lie in the storage of the page's origin. */
export function countStored(page: Page): Promise<number> {
  return page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('spanstream.unsent.')).length);
}
