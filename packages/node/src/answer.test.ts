import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { endOfChunks, parseAnswer } from './answer.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

describe('parseAnswer', () => {
  it('reads status, fields and framing', () => {
    const answer = parseAnswer(`${HEAD}{}`);
    expect(answer).toMatchObject({ status: 200, length: HEAD.length, body: 2, keepAliveSeconds: 30 });
    expect(answer?.headers.get('content-length')).toBe('2');
    expect(answer?.headers.get('absent')).toBeUndefined();
  });

  it('waits for the whole head, however it is cut', () => {
    for (let length = 0; length < HEAD.length; length++) expect(parseAnswer(HEAD.slice(0, length))).toBeUndefined();
  });

  it('joins the lines of one name and keeps the case of values', () => {
    const answer = parseAnswer('HTTP/1.1 429 \r\nX-Sentry-Rate-Limits: 60:Span\r\nx-sentry-rate-limits:30:error\r\n\r\n');
    expect(answer?.headers.get('X-Sentry-Rate-Limits')).toBe('60:Span, 30:error');
  });

  it.each([
    ['HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n', 0],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n', 'chunked'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', undefined],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n', undefined],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', undefined],
    ['HTTP/1.1 200 OK\r\n\r\n', undefined],
  ])('frames the body of %j as %s', (text, body) => {
    expect(parseAnswer(text)?.body).toBe(body);
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', 0],
    ['HTTP/1.0 200 OK\r\n\r\n', 0],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n', 30],
    ['HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=5\r\n\r\n', 5],
    ['HTTP/1.1 200 OK\r\nKeep-Alive: timeout=600\r\n\r\n', 30],
    ['HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\n\r\n', 0],
  ])('after %j the connection is kept %i s', (text, seconds) => {
    expect(parseAnswer(text)?.keepAliveSeconds).toBe(seconds);
  });

  it.each([
    'SSH-2.0-OpenSSH_9.2p1\r\n',
    'HTTP/2.0 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    '<html></html>\n',
  ])('refuses %j', (text) => {
    expect(() => parseAnswer(text)).toThrow('not HTTP/1.1');
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 300 })])('R29: any bytes are an answer, incomplete or refused', (text) => {
    for (const start of ['', 'HTTP/1.1 200 ', HEAD]) {
      try {
        parseAnswer(start + text);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });
});

describe('endOfChunks', () => {
  test.prop([fc.array(fc.stringMatching(/^[a-z\r\n]{1,40}$/), { maxLength: 8 }), fc.constantFrom('', ';name=value', ' ')])(
    'finds the end of whatever was chunked, and only there',
    (chunks, extension) => {
      const body = `${chunks.map((chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
      expect(endOfChunks(`head${body}next`, 4)).toBe(4 + body.length);
      for (let length = 0; length < body.length; length++) expect(endOfChunks(`head${body.slice(0, length)}`, 4)).toBeUndefined();
    },
  );

  it('reads trailers and refuses a bad size', () => {
    expect(endOfChunks('0\r\nA: b\r\n\r\n', 0)).toBe(11);
    expect(() => endOfChunks('zz\r\n', 0)).toThrow('bad chunk');
  });
});
