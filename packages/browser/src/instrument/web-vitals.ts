import { BROWSER_WEB_VITAL_LCP_ELEMENT, BROWSER_WEB_VITAL_LCP_SIZE, BROWSER_WEB_VITAL_LCP_URL } from '@sentry/conventions/attributes';
import { type AnySpan, type Attributes, type Integration, type IntegrationClient, sanitizeUrl, type Teardown } from '@spanstream/core';
import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import { onPageExit } from '../page-exit.ts';
import { browserPlatform } from '../platform.ts';
import { describeElement } from './describe-element.ts';
import { guarded } from './guarded.ts';
import { inputAttributes } from './input-attributes.ts';
import { getPageRoot, type PageRoot } from './page-root.ts';
import { recordMeasured, toEpoch } from './page-span.ts';

type OnVital = (note: (metric: MetricType) => void, options: { reportAllChanges: boolean }) => void;

/** A metric and the span that it goes to. */
interface Told {
  readonly metric: MetricType;
  readonly parent: AnySpan | undefined;
}

/**
 * LCP, INP, CLS, FCP and TTFB, each as an attribute of the page load while that goes on and as a span of its own below it.
 * FCP and TTFB are told at once; the others when the page is hidden or left, and again when they have changed by the next time.
 */
export function webVitalsIntegration(): Integration {
  return {
    name: 'WebVitals',
    setup(client) {
      if (typeof document === 'undefined' || !globalThis.PerformanceObserver) return undefined;
      client.whenNeeded(() => followVitals(client));
      return undefined;
    },
  };
}

function followVitals(client: IntegrationClient): Teardown {
  let isOn = true;
  let page: PageRoot | undefined;
  const waiting = new Map<string, Told>();
  const tell = guarded(client, 'WebVitals', () => {
    for (const told of waiting.values()) recordVital(client, told);
    waiting.clear();
  });
  const note = guarded(client, 'WebVitals', (metric: MetricType) => {
    if (!isOn) return;
    // The first ones are those of the page load, whatever is going on by now.
    page = metric.navigationType === 'back-forward-cache' ? getPageRoot() : (page ?? getPageRoot());
    const told = { metric, parent: page?.span };
    page?.span.setAttributes(vitalAttributes(client, metric));
    if (metric.name === 'LCP') page?.extend(toEpoch(client, metric.value));
    if (metric.name === 'FCP' || metric.name === 'TTFB') recordVital(client, told);
    else waiting.set(metric.name, told);
  });
  let isListening = false;
  const listen = guarded(client, 'WebVitals', () => {
    if (isListening || !isOn) return;
    isListening = true;
    for (const onVital of [onTTFB, onFCP, onLCP, onCLS, onINP] as OnVital[]) onVital(note, { reportAllChanges: true });
  });
  // What was measured before is told all the same, so the page's own start need not wait for it.
  browserPlatform.setTimer(listen, 0);
  const stop = onPageExit(() => {
    listen();
    tell();
  });
  return () => {
    isOn = false;
    stop();
    tell();
  };
}

/** Times as in performance entries: from the start of the page to the metric, or the moment that made it what it is. */
function recordVital(client: IntegrationClient, { metric, parent }: Told): void {
  const { value } = metric;
  const name = metric.name.toLowerCase();
  const [entry] = metric.name === 'CLS' ? [...metric.entries].sort((a, b) => b.value - a.value) : metric.entries;
  const start = parent && 'startMs' in parent ? parent.startMs - client.current.tracer.clock.offsetMs : 0;
  const isMoment = metric.name === 'CLS' || metric.name === 'INP';
  const measured = {
    name: metric.name,
    op: `ui.webvital.${name}`,
    origin: 'webvital',
    startTime: isMoment ? (entry?.startTime ?? start) : start,
    duration: metric.name === 'CLS' ? 0 : value,
    attributes: vitalAttributes(client, metric),
  };
  recordMeasured(client, measured, parent);
}

function vitalAttributes({ settings }: IntegrationClient, metric: MetricType): Attributes {
  const value = { [`browser.web_vital.${metric.name.toLowerCase()}.value`]: metric.value };
  if (metric.name === 'LCP') {
    const [entry] = metric.entries;
    return {
      ...value,
      [BROWSER_WEB_VITAL_LCP_ELEMENT]: describeElement(entry?.element),
      [BROWSER_WEB_VITAL_LCP_SIZE]: entry?.size,
      [BROWSER_WEB_VITAL_LCP_URL]: entry?.url ? sanitizeUrl(entry.url, settings.sendDefaultPii).full : undefined,
    };
  }
  if (metric.name === 'INP') return { ...value, ...inputAttributes(metric.entries, metric.entries[0]?.startTime ?? 0, metric.value) };
  if (metric.name !== 'CLS') return value;
  const moved = metric.entries.flatMap(({ sources }) => sources.map(({ node }) => describeElement(node)));
  const sources = [...new Set(moved.filter((source) => source !== undefined))].slice(0, MAX_SOURCES);
  return { ...value, ...Object.fromEntries(sources.map((source, at) => [`browser.web_vital.cls.source.${at + 1}`, source])) };
}

const MAX_SOURCES = 5;
