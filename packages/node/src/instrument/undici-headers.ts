import { mergeBaggage } from '@spanstream/core';

/** A request of undici as its channels show it: 5 keeps headers as text, 6 and later as a flat list of names and values. */
export interface UndiciRequest {
  readonly origin?: string | URL | undefined;
  readonly path: string;
  readonly method: string;
  headers: string | (string | string[])[];
  addHeader(name: string, value: string): unknown;
}

/** Adds trace headers to a request that has just been made; one that has its own is left alone (R25). */
export function addTraceHeaders(request: UndiciRequest, headers: Readonly<Record<string, string>>): void {
  if (readHeader(request, 'sentry-trace') !== undefined || readHeader(request, 'traceparent') !== undefined) return;
  for (const name of Object.keys(headers)) {
    const value = headers[name]!;
    const existing = name === 'baggage' ? readHeader(request, name) : undefined;
    if (existing !== undefined) removeHeader(request, name);
    request.addHeader(name, existing === undefined ? value : mergeBaggage(existing, value));
  }
}

function readHeader({ headers }: UndiciRequest, name: string): string | undefined {
  const values: string[] = [];
  if (typeof headers === 'string') {
    for (const line of headers.split('\r\n')) if (isLineOf(line, name)) values.push(line.slice(name.length + 1).trim());
  } else {
    for (let i = 0; i + 1 < headers.length; i += 2) if (isName(headers[i], name)) values.push(String(headers[i + 1]));
  }
  return values.length === 0 ? undefined : values.join(',');
}

function removeHeader(request: UndiciRequest, name: string): void {
  const { headers } = request;
  if (typeof headers === 'string') {
    request.headers = headers
      .split('\r\n')
      .filter((line) => !isLineOf(line, name))
      .join('\r\n');
    return;
  }
  for (let i = headers.length - 2; i >= 0; i -= 2) if (isName(headers[i], name)) headers.splice(i, 2);
}

function isName(given: unknown, name: string): boolean {
  return typeof given === 'string' && given.length === name.length && given.toLowerCase() === name;
}

function isLineOf(line: string, name: string): boolean {
  return line.charCodeAt(name.length) === 58 && isName(line.slice(0, name.length), name);
}
