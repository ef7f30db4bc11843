import { type IntegrationClient, sanitizeUrl, urlAttributes } from '@spanstream/core';
import { onPageExit } from '../page-exit.ts';
import { observe } from './observe.ts';
import { getPageRoot } from './page-root.ts';
import { recordMeasured, toEpoch } from './page-span.ts';
import { type ResourceTiming, responseAttributes } from './response-attributes.ts';

/** These have spans of their own; a beacon is what leaves when the page does. */
const REQUESTS = /^(fetch|xmlhttprequest|beacon)$/;

/** Records what the page loads, such as scripts and images, as children of the page load or navigation that is going on. */
export function observeResources(client: IntegrationClient): () => void {
  const { settings } = client;
  const record = (entries: ResourceTiming[]): void => {
    const span = getPageRoot()?.span;
    for (const entry of entries) {
      const { name, initiatorType, startTime, duration } = entry;
      // What was asked for after the end of the page load is no part of it; the rest may well be heard of later.
      if (span === undefined || REQUESTS.test(initiatorType) || client.isOwnUrl(name)) continue;
      if ('endMs' in span && span.ended && toEpoch(client, startTime) > span.endMs) continue;
      const url = sanitizeUrl(name, settings.sendDefaultPii);
      const type = initiatorType || 'other';
      const attributes = { ...urlAttributes(url), ...responseAttributes(entry) };
      recordMeasured(
        client,
        { name: `${type} ${url.host}`, op: `resource.${type}`, origin: 'resource', startTime, duration, attributes },
        span,
      );
    }
  };
  const observer = observe(client, { type: 'resource' }, record);
  if (observer === undefined) return () => undefined;
  const stop = onPageExit(() => record(observer.takeRecords() as ResourceTiming[]));
  return () => {
    stop();
    observer.disconnect();
  };
}
