import type { TransportResponse } from '@spanstream/core';

/** The head of an HTTP answer and how its body is framed (RFC 9112). */
export interface Answer extends TransportResponse {
  /** Bytes of the head. */
  readonly length: number;
  /** Length of the body, 'chunked', or undefined: it ends with the connection. */
  readonly body: number | 'chunked' | undefined;
  /** For how many seconds the server keeps the connection; 0: it closes it. */
  readonly keepAliveSeconds: number;
  /** HTTP/1.1 on a connection that stays: more requests may follow before their answers. */
  readonly allowsPipelining: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?:[ \r])/;
const STATUS_LINE_BYTES = 13;
const DECIMAL = /^\d{1,15}$/;
/** What a server that says nothing about it keeps for sure; 30 s is longer than `flushIntervalMs`, so a quiet process keeps its connection. */
const DEFAULT_KEEP_ALIVE_SECONDS = 30;

let lastHead = '';
let lastAnswer: Answer | undefined;

/**
 * Reads the head at the start of the text, a character for each byte; undefined while it is incomplete.
 * @throws Error when it is none
 */
export function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end + 2);
  // Within one second, which `Date` tells, a server's answers are alike.
  if (end >= 0 && head === lastHead) return lastAnswer;
  const match = STATUS_LINE.exec(head);
  if (match === null) {
    if (text.length < STATUS_LINE_BYTES) return undefined;
    throw new Error('the answer is not HTTP/1.1');
  }
  if (end < 0) return undefined;
  lastHead = head;
  lastAnswer = readAnswer(head, match[1] === '1', Number(match[2]));
  return lastAnswer;
}

function readAnswer(head: string, isHttp11: boolean, status: number): Answer {
  const names = head.toLowerCase();
  const get = (name: string): string | undefined => readField(head, names, name);
  const body = bodyOf(status, get);
  const keepAliveSeconds = keepAliveOf(isHttp11, get);
  const allowsPipelining = isHttp11 && keepAliveSeconds > 0 && body !== undefined;
  return { status, headers: { get }, length: head.length + 2, body, keepAliveSeconds, allowsPipelining };
}

/** Where the chunked body that starts at this index ends; undefined while it is incomplete. @throws Error when it is none */
export function endOfChunks(text: string, start: number): number | undefined {
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = /^[\dA-Fa-f]{1,8}(?=\s*(?:;|$))/.exec(text.slice(at, lineEnd));
    if (size === null) throw new Error('the answer has a bad chunk');
    const bytes = Number.parseInt(size[0], 16);
    if (bytes === 0) return endOfTrailers(text, lineEnd);
    at = lineEnd + 2 + bytes + 2;
  }
}

/** The answer with the body that ends at this index. */
export function readBody(answer: Answer, text: string, end: number): TransportResponse {
  const { status, headers } = answer;
  const body = answer.body === 'chunked' ? joinChunks(text, answer.length) : text.slice(answer.length, end);
  return { status, headers, arrayBuffer: async () => Uint8Array.from(body, (character) => character.charCodeAt(0)).buffer };
}

/** The body of chunks that are whole. */
function joinChunks(text: string, start: number): string {
  let body = '';
  for (let at = start; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    const bytes = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(bytes > 0)) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + bytes);
    at = lineEnd + 2 + bytes + 2;
  }
}

function endOfTrailers(text: string, lineEnd: number): number | undefined {
  const end = text.indexOf('\r\n\r\n', lineEnd);
  return end < 0 ? undefined : end + 4;
}

/** All lines of that name, as one list. */
function readField(head: string, names: string, name: string): string | undefined {
  const start = `\r\n${name.toLowerCase()}:`;
  let value: string | undefined;
  for (let at = names.indexOf(start); at >= 0; at = names.indexOf(start, at + start.length)) {
    const line = head.slice(at + start.length, head.indexOf('\r\n', at + start.length)).trim();
    value = value === undefined ? line : `${value}, ${line}`;
  }
  return value;
}

type Get = (name: string) => string | undefined;

function bodyOf(status: number, get: Get): Answer['body'] {
  if (status === 204 || status === 304) return 0;
  const coding = get('transfer-encoding');
  if (coding !== undefined) return coding.toLowerCase() === 'chunked' ? 'chunked' : undefined;
  const length = get('content-length');
  return length !== undefined && DECIMAL.test(length) ? Number(length) : undefined;
}

function keepAliveOf(isHttp11: boolean, get: Get): number {
  const connection = get('connection')?.toLowerCase();
  if (connection === undefined ? !isHttp11 : connection !== 'keep-alive') return 0;
  const hint = /timeout=(\d{1,6})/i.exec(get('keep-alive') ?? '')?.[1];
  return Math.min(DEFAULT_KEEP_ALIVE_SECONDS, hint === undefined ? DEFAULT_KEEP_ALIVE_SECONDS : Number(hint));
}
