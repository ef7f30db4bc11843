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
  const fragmentAt = url.indexOf('#');
  const text = fragmentAt < 0 ? url : url.slice(0, fragmentAt);
  const scheme = readScheme(text);
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1);
  if (scheme !== undefined && !/^[/\\]/.test(rest)) return opaqueUrl(scheme, rest);

  const queryAt = rest.indexOf('?');
  const beforeQuery = queryAt < 0 ? rest : rest.slice(0, queryAt);
  const rawQuery = queryAt < 0 ? '' : rest.slice(queryAt + 1);
  const query = rawQuery === '' ? undefined : sendDefaultPii ? rawQuery : filterQuery(rawQuery);
  const { authority, host, port, path } = splitAuthority(beforeQuery);
  const prefix = scheme === undefined ? authority : `${scheme}:${authority}`;
  return { full: `${prefix}${path}${query === undefined ? '' : `?${query}`}`, path, query, host, port, scheme };
}

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

function readScheme(text: string): string | undefined {
  return /^([a-z][a-z\d+.-]*):/i.exec(text)?.[1]?.toLowerCase();
}

function opaqueUrl(scheme: string, rest: string): SanitizedUrl {
  const mediaType = scheme === 'data' ? rest.slice(0, rest.search(/[;,]|$/)) : '';
  return { full: `${scheme}:${mediaType}`, path: '', query: undefined, host: '', port: undefined, scheme };
}

// Browsers read a backslash as a slash: https://url.spec.whatwg.org/#authority-state
function splitAuthority(text: string): { authority: string; host: string; port: number | undefined; path: string } {
  if (!/^[/\\]{2}/.test(text)) return { authority: '', host: '', port: undefined, path: text };
  const length = text.slice(2).search(/[/\\]|$/);
  const raw = text.slice(2, 2 + length);
  const hostAndPort = raw.slice(raw.lastIndexOf('@') + 1);
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?/.exec(hostAndPort);
  const host = (parts?.[1] ?? '').toLowerCase();
  const port = parts?.[2] ? Number(parts[2]) : undefined;
  const authority = `//${host}${port === undefined ? '' : `:${port}`}`;
  return { authority, host, port, path: text.slice(2 + length) || (host === '' ? '' : '/') };
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
