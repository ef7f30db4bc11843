import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Dsn, authHeader, envelopeUrl, formatDsn, parseDsn } from './dsn.ts';

const chars = (text: string, max = 12) => fc.string({ unit: fc.constantFrom(...text), minLength: 1, maxLength: max });
const word = chars('abcXYZ0189_-');
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip.toLowerCase()}]`),
  fc.constant('localhost'),
  fc.nat().map((org) => `o${org}.ingest.example.com`),
);
const dsn: fc.Arbitrary<Dsn> = fc
  .record({
    protocol: fc.constantFrom('http', 'https'),
    publicKey: word,
    host: host.map((text) => text.toLowerCase()),
    port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
    path: fc.array(word, { maxLength: 3 }).map((segments) => segments.map((segment) => `/${segment}`).join('')),
    projectId: fc.oneof(fc.nat().map(String), word),
  })
  .map((parts) => ({ ...parts, orgId: /^o(\d+)\./.exec(parts.host)?.[1] }) as Dsn);
const sdk = { name: 'spanstream.node', version: '1.2.3' };

describe('DSN', () => {
  test.prop([dsn])('wire: reads what it writes', (parts) => {
    expect(parseDsn(formatDsn(parts))).toEqual(parts);
  });

  test.prop([dsn])('wire: endpoints are what the platform makes of them', (parts) => {
    const url = new URL(envelopeUrl(parts, 'query', sdk));
    expect(url.pathname).toBe(`${parts.path}/api/${parts.projectId}/envelope/`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      sentry_version: '7',
      sentry_key: parts.publicKey,
      sentry_client: 'spanstream.node/1.2.3',
    });
  });

  it('wire: reads every part and forgets the secret', () => {
    const parts = parseDsn(' https://public:secret@o42.ingest.Example.com:9000/a/b/7\n');
    expect(parts).toEqual({
      protocol: 'https',
      publicKey: 'public',
      host: 'o42.ingest.example.com',
      port: 9000,
      path: '/a/b',
      projectId: '7',
      orgId: '42',
    });
    expect(parts && formatDsn(parts)).toBe('https://public@o42.ingest.example.com:9000/a/b/7');
  });

  it('wire: makes the endpoint and the credentials', () => {
    const parts = parseDsn('http://key@[::1]:8080/42') as Dsn;
    expect(envelopeUrl(parts, 'header', sdk)).toBe('http://[::1]:8080/api/42/envelope/');
    expect(envelopeUrl(parts, 'query', sdk)).toBe(
      'http://[::1]:8080/api/42/envelope/?sentry_version=7&sentry_key=key&sentry_client=spanstream.node%2F1.2.3',
    );
    expect(authHeader(parts, sdk)).toBe('Sentry sentry_version=7, sentry_key=key, sentry_client=spanstream.node/1.2.3');
  });

  it.each([
    '',
    'x',
    'ftp://k@h/1',
    'https://h/1',
    'https://@h/1',
    'https://k@/1',
    'https://k@h',
    'https://k@h/',
    'https://k@h/1/',
    'https://k@h//1',
    'https://k@h:0/1',
    'https://k@h:65536/1',
    'https://k@h:/1',
    'https://k@h:x/1',
    'https://k@[::1/1',
    'https://k@[]/1',
    'https://k@[1]/1',
    'https://k@h/1?x=1',
    'https://k@h/1#x',
    'https://k@h o/1',
    'https://a@b@h/1',
    'https://k@h/a b/1',
  ])('wire: %j is no DSN', (text) => {
    expect(parseDsn(text)).toBeUndefined();
  });

  test.prop([fc.string({ unit: 'binary' })])('R34: never throws', (text) => {
    expect(parseDsn(text)).toBeUndefined();
  });
});
