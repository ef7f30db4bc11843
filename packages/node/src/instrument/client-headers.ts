import type { ClientRequest } from 'node:http';
import { mergeBaggage } from '@spanstream/core';

/**
 * Node's own fields. Header lists in the form of an array, and those with `Expect`, are turned into text when the request
 * is made, before any hook; there is no documented way to add to that text while it waits for a socket.
 */
interface WaitingRequest {
  _header: string | null;
  readonly _headerSent: boolean;
  readonly outputData?: readonly { data: unknown }[];
  outputSize?: number;
}

const LINE_END = '\r\n';

/** Adds trace headers to a request that has just been made; one that has its own is left alone (R25). */
export function addTraceHeaders(request: ClientRequest, headers: Readonly<Record<string, string>>): void {
  if (readHeader(request, 'sentry-trace') !== undefined || readHeader(request, 'traceparent') !== undefined) return;
  const existing = readHeader(request, 'baggage');
  const ours = headers['baggage'];
  const added = existing === undefined || ours === undefined ? headers : { ...headers, baggage: mergeBaggage(existing, ours) };
  if (request.headersSent) return addToText(request as unknown as WaitingRequest, added);
  for (const name of Object.keys(added)) request.setHeader(name, added[name]!);
}

/** A header of a request that has not left; several lines are joined by commas. */
export function readHeader(request: ClientRequest, name: string): string | undefined {
  if (request.headersSent) return readText((request as unknown as WaitingRequest)._header, name);
  const value = request.getHeader(name);
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join(',') : String(value);
}

function readText(text: string | null, name: string): string | undefined {
  if (typeof text !== 'string') return undefined;
  const values = text.split(LINE_END).filter((line) => isLineOf(line, name));
  return values.length === 0 ? undefined : values.map((line) => line.slice(name.length + 1).trim()).join(',');
}

function addToText(request: WaitingRequest, headers: Readonly<Record<string, string>>): void {
  const before = request._header;
  if (typeof before !== 'string' || !before.endsWith(LINE_END + LINE_END)) return;
  const first = request.outputData?.[0];
  // With `Expect` the text is already the first thing to be written.
  if (request._headerSent && first?.data !== before) return;
  const names = Object.keys(headers);
  const kept = before
    .slice(0, -2 * LINE_END.length)
    .split(LINE_END)
    .filter((line) => !names.some((name) => isLineOf(line, name)));
  const after = [...kept, ...names.map((name) => `${name}: ${headers[name]!}`), '', ''].join(LINE_END);
  if (request._headerSent && first !== undefined) {
    first.data = after;
    if (request.outputSize !== undefined) request.outputSize += after.length - before.length;
  }
  request._header = after;
}

function isLineOf(line: string, name: string): boolean {
  return line.charCodeAt(name.length) === 58 && line.slice(0, name.length).toLowerCase() === name;
}
