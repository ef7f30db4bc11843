import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import {
  CLIENT_ADDRESS,
  HTTP_REQUEST_BODY_SIZE,
  HTTP_REQUEST_METHOD,
  NETWORK_PROTOCOL_VERSION,
  SENTRY_OP,
  SENTRY_ORIGIN,
  SENTRY_SEGMENT_NAME_SOURCE,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_FULL,
  URL_PATH,
  URL_QUERY,
  URL_SCHEME,
  USER_AGENT_ORIGINAL,
} from '@sentry/conventions/attributes';
import { type Attributes, httpSpanName, methodAttributes, sanitizeUrl } from '@spanstream/core';

interface ServerHost {
  readonly header: string | undefined;
  /** Undefined: the header is missing or no host, and the machine's name has to do. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly authority: string;
}

interface RequestTarget {
  readonly path: string;
  readonly query: string | undefined;
}

/** What a `Host` header may hold that goes into an attribute: https://httpwg.org/specs/rfc9110.html#field.host */
const HOST = /^(\[[\da-f:.]+\]|[\w.-]{1,255})(?::(\d{1,5}))?$/i;

/** A server is asked by the same name again and again. */
let lastHost: ServerHost = parseHost(undefined);

/** What is known of an incoming request before anything has looked at it; absent facts are undefined, so that all have one shape. */
export function serverAttributes(request: IncomingMessage, sendDefaultPii: boolean): Attributes {
  const { headers } = request;
  const method = request.method ?? '';
  const name = httpSpanName(method);
  const { path, query } = parseTarget(request.url ?? '', sendDefaultPii);
  if (headers.host !== lastHost.header) lastHost = parseHost(headers.host);
  const { address, port, authority } = lastHost;
  const scheme = schemeOf(request.socket);
  const attributes: Attributes = {
    [SENTRY_OP]: 'http.server',
    [SENTRY_ORIGIN]: 'auto.http.node',
    [SENTRY_SEGMENT_NAME_SOURCE]: 'url',
    [HTTP_REQUEST_METHOD]: method,
    [URL_SCHEME]: scheme,
    [URL_PATH]: path,
    [URL_QUERY]: query,
    [URL_FULL]: address === undefined ? undefined : `${scheme}://${authority}${path}${query === undefined ? '' : `?${query}`}`,
    [SERVER_ADDRESS]: address,
    [SERVER_PORT]: port,
    [NETWORK_PROTOCOL_VERSION]: request.httpVersion,
    [HTTP_REQUEST_BODY_SIZE]: parseSize(headers['content-length']),
  };
  if (name !== method) Object.assign(attributes, methodAttributes(method));
  if (sendDefaultPii) {
    attributes[CLIENT_ADDRESS] = clientAddress(request);
    attributes[USER_AGENT_ORIGINAL] = headers['user-agent'];
  }
  return attributes;
}

/** The value of a `content-length` header; undefined when it is none. */
export function parseSize(header: unknown): number | undefined {
  if (typeof header === 'number') return header;
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** What the connection speaks. */
export function schemeOf(socket: IncomingMessage['socket'] | undefined): 'http' | 'https' {
  return (socket as Partial<TLSSocket> | undefined)?.encrypted === true ? 'https' : 'http';
}

function parseHost(header: string | undefined): ServerHost {
  const parts = header === undefined ? null : HOST.exec(header);
  if (parts === null) return { header, address: undefined, port: undefined, authority: '' };
  const address = parts[1]!.toLowerCase();
  const port = parts[2] === undefined ? undefined : Number(parts[2]);
  return { header, address, port, authority: port === undefined ? address : `${address}:${port}` };
}

// A target that begins with a slash has no host, however many slashes follow: https://httpwg.org/specs/rfc9112.html#origin-form
function parseTarget(target: string, sendDefaultPii: boolean): RequestTarget {
  if (target.charCodeAt(0) !== 47) return target === '*' ? { path: '*', query: undefined } : sanitizeUrl(target, sendDefaultPii);
  const fragmentAt = target.indexOf('#');
  const text = fragmentAt < 0 ? target : target.slice(0, fragmentAt);
  const queryAt = text.indexOf('?');
  if (queryAt < 0) return { path: text, query: undefined };
  return { path: text.slice(0, queryAt), query: sanitizeUrl(text.slice(queryAt), sendDefaultPii).query };
}

/** The first hop that a proxy names, else the peer: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
function clientAddress(request: IncomingMessage): string | undefined {
  const forwarded = request.headers['x-forwarded-for'];
  const first = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',', 1)[0]?.trim();
  return first || request.socket.remoteAddress;
}
