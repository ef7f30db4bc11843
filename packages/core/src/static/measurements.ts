import {
  BROWSER_WEB_VITAL_CLS_VALUE,
  BROWSER_WEB_VITAL_FCP_VALUE,
  BROWSER_WEB_VITAL_INP_VALUE,
  BROWSER_WEB_VITAL_LCP_VALUE,
  BROWSER_WEB_VITAL_TTFB_VALUE,
} from '@sentry/conventions/attributes';
import type { AttributeList } from '../span/attributes.ts';

/** A number that a receiver can chart. */
interface Measurement {
  readonly value: number;
  readonly unit: string;
}

/** The attributes of a page load that receivers of transactions look for among the measurements, with their names there. */
const VITALS: ReadonlyMap<string, readonly [name: string, unit: string]> = /* @__PURE__ */ new Map([
  [BROWSER_WEB_VITAL_LCP_VALUE, ['lcp', 'millisecond']],
  [BROWSER_WEB_VITAL_FCP_VALUE, ['fcp', 'millisecond']],
  [BROWSER_WEB_VITAL_INP_VALUE, ['inp', 'millisecond']],
  [BROWSER_WEB_VITAL_TTFB_VALUE, ['ttfb', 'millisecond']],
  [BROWSER_WEB_VITAL_CLS_VALUE, ['cls', '']],
]);

/** The measurements of a transaction: web vitals, and every number of its top-level span that has a unit. */
export function measurementsOf(attributes: AttributeList): Record<string, Measurement> | undefined {
  const found: [string, Measurement][] = [];
  for (let i = 0; i < attributes.length; i += 2) {
    const key = attributes[i] as string;
    const value = attributes[i + 1];
    const vital = VITALS.get(key);
    if (vital !== undefined && typeof value === 'number') found.push([vital[0], { value, unit: vital[1] }]);
    else if (typeof value === 'object' && 'unit' in value && typeof value.value === 'number')
      found.push([key, { value: value.value, unit: value.unit }]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
