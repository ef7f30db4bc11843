import {
  HTTP_REQUEST_METHOD,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_FULL,
  URL_PATH,
  URL_QUERY,
  URL_SCHEME,
} from '@sentry/conventions/attributes';
import type { Attributes } from '../span/attributes.ts';

/** A URL that may leave the process (R35). */
export interface SanitizedUrl {
  /** The whole URL, without credentials and fragment, its query values replaced. */
  readonly full: string;
  /** Begins with a slash where there is a host; empty for `data:` and other URLs without a hierarchy. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string | undefined;
  /** Lower case; an IPv6 address in its brackets; empty for a relative URL. */
  readonly host: string;
  readonly port: number | undefined;
  /** Lower case, without the colon. */
  readonly scheme: string | undefined;
}

/** What stands for a query value that was taken out. */
const FILTERED = '[Filtered]';

/** The methods of RFC 9110 and 5789 and the coming QUERY: https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/ */
const KNOWN_METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The conventions package does not name it: https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/ */
const HTTP_REQUEST_METHOD_ORIGINAL = 'http.request.method_original';

/**
 * Takes out of a URL what must not leave the process: credentials, the fragment, query values (the keys stay; a
 * parameter without a value goes whole, since it may be one) and what follows the media type of `data:`, the scheme of
 * other URLs without a hierarchy. With `sendDefaultPii` query values stay. Accepts relative URLs; never throws.
 */
export function sanitizeUrl(url: string, sendDefaultPii = false): SanitizedUrl {
  const [, rawScheme, rest = ''] = /^(?:([a-z][a-z\d+.-]*):)?([^#]*)/i.exec(url)!;
  const scheme = rawScheme?.toLowerCase();
  const prefix = scheme === undefined ? '' : `${scheme}:`;
  if (scheme !== undefined && !/^[/\\]/.test(rest)) {
    const mediaType = scheme === 'data' ? /^[^;,]*/.exec(rest)![0] : '';
    return { full: prefix + mediaType, path: '', query: undefined, host: '', port: undefined, scheme };
  }
  const [, authority, rawHost = '', rawPort, rawPath = '', rawQuery] = HIERARCHY.exec(rest)!;
  const query = !rawQuery ? undefined : sendDefaultPii ? rawQuery : filterQuery(rawQuery);
  const host = rawHost.toLowerCase();
  const port = rawPort ? Number(rawPort) : undefined;
  const path = rawPath || (host === '' ? '' : '/');
  const site = authority === undefined ? '' : `//${host}${port === undefined ? '' : `:${port}`}`;
  return { full: `${prefix}${site}${path}${query === undefined ? '' : `?${query}`}`, path, query, host, port, scheme };
}

/**
 * The authority where there is one, of it host and port; path; query. What stands before the last `@` and behind the port is left out.
 * Browsers read a backslash as a slash: https://url.spec.whatwg.org/#authority-state
 */
const HIERARCHY = /^([/\\]{2}(?:[^/\\?]*@)?(\[[^\]/\\?]*\]|[^:/\\?]*)(?::(\d*))?[^/\\?]*)?([^?]*)(?:\?([^]*))?/;

/** The attributes of a URL a client asks for. */
export function urlAttributes(url: SanitizedUrl): Attributes {
  const attributes: Attributes = { [URL_FULL]: url.full };
  if (url.path !== '') attributes[URL_PATH] = url.path;
  if (url.query !== undefined) attributes[URL_QUERY] = url.query;
  if (url.scheme !== undefined) attributes[URL_SCHEME] = url.scheme;
  if (url.host !== '') attributes[SERVER_ADDRESS] = url.host;
  if (url.port !== undefined) attributes[SERVER_PORT] = url.port;
  return attributes;
}

/** The attributes of a request's method: one nobody knows becomes `_OTHER`, so that it cannot make a dimension explode. */
export function methodAttributes(method: string): Attributes {
  const known = knownMethod(method);
  if (known === method) return { [HTTP_REQUEST_METHOD]: known };
  return { [HTTP_REQUEST_METHOD]: known ?? '_OTHER', [HTTP_REQUEST_METHOD_ORIGINAL]: method };
}

/** `GET /users/:id`, or the method alone while no route is known; `HTTP` for a method nobody knows. */
export function httpSpanName(method: string, route?: string): string {
  const name = knownMethod(method) ?? 'HTTP';
  return route ? `${name} ${route}` : name;
}

/** `GET api.example.com`; the host without its port. */
export function httpClientSpanName(method: string, host: string): string {
  return httpSpanName(method, host);
}

/** The status that a response code means: a client's fault is an error for the client only. https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status */
export function statusFromHttp(code: number, kind: 'server' | 'client'): 'ok' | 'error' {
  return code >= (kind === 'server' ? 500 : 400) ? 'error' : 'ok';
}

// Methods are case-sensitive by the letter, but `fetch` and servers accept `get` for GET.
function knownMethod(method: string): string | undefined {
  const upper = method.toUpperCase();
  return KNOWN_METHODS.has(upper) ? upper : undefined;
}

function filterQuery(query: string): string {
  return query
    .split('&')
    .map((parameter) => {
      const valueAt = parameter.indexOf('=');
      return valueAt < 0 ? (parameter === '' ? '' : FILTERED) : `${parameter.slice(0, valueAt)}=${FILTERED}`;
    })
    .join('&');
}
