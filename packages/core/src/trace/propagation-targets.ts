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
    const origin = ORIGIN.exec(url)?.[0] ?? '';
    const normalized = origin.toLowerCase() + url.slice(origin.length);
    for (const test of tests) if (test(url, normalized, origin)) return true;
    return false;
  };
}

type TargetTest = (url: string, normalized: string, origin: string) => boolean;

const ORIGIN = /^(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#\\]*/i;
/** What of a target may be scheme and host: one that begins with a slash is a path. */
const TARGET_HOST = /^(?:(?:[a-z][a-z\d+.-]*:)?\/\/)?[^/?#\\]*/i;

function stringTest(target: string): TargetTest {
  const normalizedTarget = target.replace(TARGET_HOST, (host) => host.toLowerCase());
  return (url, normalized) => url.includes(target) || normalized.includes(normalizedTarget);
}

// Which part of a RegExp means the host cannot be told, so without regard to case it is tried on the origin alone.
function regExpTest(target: RegExp): TargetTest {
  const test = createTextTest(target);
  const anyCaseTest = target.ignoreCase ? test : createTextTest(new RegExp(target.source, `${target.flags}i`));
  return (url, normalized, origin) => test(url) || test(normalized) || (origin !== '' && anyCaseTest(`${origin}/`));
}
