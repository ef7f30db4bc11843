/** Encodings of OTLP over HTTP. */
export type OtlpProtocol = 'json' | 'protobuf';

const TRACES_PATH = 'v1/traces';
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether the text can be sent as a header. */
export function isHeader(name: string, text: unknown): boolean {
  return HEADER_NAME.test(name) && typeof text === 'string' && HEADER_VALUE.test(text);
}

/** The URL, if it is one that can be posted to; pages may leave their own origin out. */
export function parseUrl(
  text: string,
  base = (globalThis as { readonly location?: { readonly href?: string } }).location?.href,
): URL | undefined {
  try {
    const url = new URL(text, base);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined; // no URL
  }
}

/** The URL that a program gives; one without a path gets that of traces. */
export function withPath(text: string): string {
  const url = parseUrl(text)!;
  if (url.pathname === '/') url.pathname = TRACES_PATH;
  return url.href;
}

/** The general endpoint is a base: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
export function fromBase(base: string | undefined): string | undefined {
  const url = base === undefined ? undefined : parseUrl(base);
  if (url === undefined) return undefined;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${TRACES_PATH}`;
  return url.href;
}

/** What a user name and a password in the URL mean: `fetch` refuses such a URL, and other clients leave them out. */
export function authorization(text: string): Readonly<Record<string, string>> {
  const { username, password } = parseUrl(text)!;
  if (username === '' && password === '') return {};
  const bytes = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** The URL without user name and password. */
export function withoutCredentials(text: string): string {
  const url = parseUrl(text)!;
  url.username = '';
  url.password = '';
  return url.href;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that encodes nothing
  }
}
