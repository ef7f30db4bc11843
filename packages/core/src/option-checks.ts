/** What an option must be, in words and as a test. */
export type Check = readonly [expected: string, test: (value: unknown) => boolean];
export type Checks<T> = { readonly [K in keyof T]-?: Check };

/** A copy of the values that are there. */
export function check<T extends object>(
  prefix: string,
  values: T,
  checks: Checks<T>,
  warn: (message: string) => void,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const checked: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const found = Object.hasOwn(checks, key) ? checks[key as keyof T] : undefined;
    if (found === undefined) warn(`Unknown option ${prefix}${key} is ignored${suggest(key, Object.keys(checks))}`);
    else if (found[1](value)) checked[key] = value;
    else fail(prefix + key, found[0], value);
  }
  return checked as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Throws the error that `init` throws. */
export function fail(option: string, expected: string, value: unknown): never {
  throw new Error(`The option ${option} must be ${expected}; it is ${describe(value)}.`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object'; // cyclic, or with a getter that throws: the kind must do
  }
}

/** Names the option that was probably meant. */
function suggest(key: string, known: readonly string[]): string {
  const lower = key.toLowerCase();
  const close = known.find((name) => isNear(lower, name.toLowerCase()));
  return close === undefined ? '.' : `; did you mean ${close}?`;
}

// Equal but for at most two characters in one place, case aside: a letter too many or too few, or two neighbours swapped.
function isNear(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return Math.max(a.length, b.length) - start - end <= 2;
}

/** Whether the value can be called. */
export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Whether the value is an object and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value is an integer within bounds. */
export function isInteger(value: unknown, from: number, to: number = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;
}
