import { createTextTest } from './ignore-spans.ts';

/** Whether a request to this URL gets trace headers. */
export type PropagationTargets = (url: string) => boolean;

/**
 * Compiles the option `tracePropagationTargets`: a string is contained in the URL, a RegExp matches it, whatever its
 * `lastIndex`. Hosts compare without regard to case, paths with it. Undefined: every URL; an empty array: none.
 */
export function createPropagationTargets(targets: readonly (string | RegExp)[] | undefined): PropagationTargets {
  if (targets === undefined) return () => true;
  const tests = targets.map((target) => (typeof target === 'string' ? stringTest(target) : regExpTest(target)));
  return (url) => {
    const hostEnd = endOfHost(url, 0);
    const normalized = lowerCaseTo(url, hostEnd);
    for (const test of tests) if (test(url, normalized, hostEnd)) return true;
    return false;
  };
}

type TargetTest = (url: string, normalized: string, hostEnd: number) => boolean;

function stringTest(target: string): TargetTest {
  // A target without a scheme may begin with a host, one that begins with a slash is a path.
  const normalizedTarget = lowerCaseTo(target, target.startsWith('/') ? endOfHost(target, 0) : endOfHost(target, target.length));
  return (url, normalized) => url.includes(target) || normalized.includes(normalizedTarget);
}

function regExpTest(target: RegExp): TargetTest {
  const test = createTextTest(target);
  const anyCaseTest = target.ignoreCase ? test : createTextTest(new RegExp(target.source, `${target.flags}i`));
  return (url, normalized, hostEnd) => test(url) || test(normalized) || (hostEnd > 0 && anyCaseTest(`${normalized.slice(0, hostEnd)}/`));
}

// Where the host ends: 0 for a URL that has none. `schemeless` is how far to look in a text without a scheme.
function endOfHost(text: string, schemeless: number): number {
  const slashes = text.indexOf('//');
  const hasHost = slashes === 0 || (slashes > 0 && text.charAt(slashes - 1) === ':' && !/[/?#]/.test(text.slice(0, slashes)));
  const limit = hasHost ? text.length : schemeless;
  let end = hasHost ? slashes + 2 : 0;
  while (end < limit && !'/?#\\'.includes(text.charAt(end))) end++;
  return hasHost || schemeless > 0 ? end : 0;
}

function lowerCaseTo(text: string, end: number): string {
  return end === 0 ? text : text.slice(0, end).toLowerCase() + text.slice(end);
}
