import type { IncomingMessage } from 'node:http';

const LOOPBACK_NAME = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Whether a host is this machine's loopback. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_NAME.test(host) || host === '::1';
}

/**
 * Why a request may not read the page or the JSON API, if so. A foreign name in `Host` is DNS rebinding; a foreign `Origin`
 * or a cross-site fetch is another site's script, which browsers keep from reading anyway.
 */
export function whyNotReadable(request: IncomingMessage): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !isLoopbackHost(host)) return 'the Host header does not name this machine';
  if (origin !== undefined && origin !== `http://${host}`) return 'requests from other origins are not answered here';
  const isNavigation = request.headers['sec-fetch-mode'] === 'navigate';
  if (request.headers['sec-fetch-site'] === 'cross-site' && !isNavigation) return 'requests from other sites are not answered here';
  return undefined;
}
