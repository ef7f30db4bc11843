/**
 * The origin of this page or worker; `null`, to which no URL belongs, in a frame in a sandbox. `origin` alone may be a variable of
 * the page's own, and `location` says nothing in a frame without an address, such as `about:srcdoc`.
 */
export function ownOrigin(): string | undefined {
  const { origin, location } = globalThis;
  return origin === 'null' || location?.origin === 'null' ? origin : location?.origin;
}
