import type { Client, Teardown } from '@spanstream/core';
import { createPageFlush, type PageFlush } from './page-flush.ts';

const callbacks = new Set<() => void>();

/**
 * Calls back each time the page is hidden, frozen or left, before everything is flushed: for what has to end now.
 * Returns the unsubscribe function.
 */
export function onPageExit(callback: () => void): () => void {
  // A wrapper, so that one function subscribed twice is called twice and unsubscribed once.
  const subscription = (): void => callback();
  callbacks.add(subscription);
  return () => void callbacks.delete(subscription);
}

/**
 * Flushes at whichever comes first: when one leaves for another page, `pagehide` comes before `visibilitychange` in Chromium,
 * else often alone or not at all. Never `unload`: it would keep the page out of the bfcache.
 *
 * On `window` and not capturing: what listens on `document` or captures, web-vitals for one, has had its turn by then.
 */
export function setupPageExit(client: Client): Teardown {
  // Workers have no end that they are told of.
  if (typeof document === 'undefined') return () => undefined;
  let flush: PageFlush | undefined;
  client.whenNeeded(() => {
    const { delivery, sinks } = client.parts;
    if (delivery ?? sinks) flush = createPageFlush(client);
    flush?.resume();
  });
  const listen = (event: Event): void => {
    const { diagnostics } = client.parts;
    const isGone = event.type === 'pagehide';
    if (event.type === 'pageshow' || (document.visibilityState === 'visible' && !isGone)) return flush?.resume();
    if (flush === undefined) return;
    for (const callback of callbacks) diagnostics.guard('The end of the page', callback, undefined);
    diagnostics.guard('The end of the page', () => flush?.leave(isGone), undefined);
  };
  const events = ['pagehide', 'visibilitychange', 'freeze', 'pageshow'];
  for (const name of events) addEventListener(name, listen);
  return () => {
    for (const name of events) removeEventListener(name, listen);
    flush?.stop();
  };
}
