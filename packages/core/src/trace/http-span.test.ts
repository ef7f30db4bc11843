import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { httpClientSpanName, httpSpanName, methodAttributes, sanitizeUrl, statusFromHttp, urlAttributes } from './http-span.ts';

describe('sanitizeUrl', () => {
  it('R35: takes out credentials, query values and the fragment', () => {
    expect(sanitizeUrl('https://user:pa:ss@API.example.com:8443/v1/users?id=7&token=a=b#top')).toEqual({
      full: 'https://api.example.com:8443/v1/users?id=[Filtered]&token=[Filtered]',
      path: '/v1/users',
      query: 'id=[Filtered]&token=[Filtered]',
      host: 'api.example.com',
      port: 8443,
      scheme: 'https',
    });
  });

  it('R35: a parameter without a value may be the value', () => {
    expect(sanitizeUrl('/unsubscribe?ann@example.com&a=&&=b').query).toBe('[Filtered]&a=[Filtered]&&=[Filtered]');
  });

  it('R35: query values stay with sendDefaultPii, credentials and fragment go', () => {
    expect(sanitizeUrl('http://u@h/p?a=1&b#f', true).full).toBe('http://h/p?a=1&b');
  });

  it('R35: cuts data URLs to the media type and other opaque URLs to the scheme', () => {
    expect(sanitizeUrl('data:text/plain;base64,c2VjcmV0')).toMatchObject({ full: 'data:text/plain', path: '', host: '' });
    expect(sanitizeUrl('DATA:,secret').full).toBe('data:');
    expect(sanitizeUrl('data:secret').full).toBe('data:secret');
    expect(sanitizeUrl('mailto:ann@example.com').full).toBe('mailto:');
    expect(sanitizeUrl('blob:https://u:p@h/1').full).toBe('blob:');
  });

  it('R35: reads relative, IPv6, file and protocol-relative URLs', () => {
    expect(sanitizeUrl('/users/7?x=1')).toEqual({
      full: '/users/7?x=[Filtered]',
      path: '/users/7',
      query: 'x=[Filtered]',
      host: '',
      port: undefined,
      scheme: undefined,
    });
    expect(sanitizeUrl('http://[::1]:3000')).toMatchObject({ full: 'http://[::1]:3000/', host: '[::1]', port: 3000, path: '/' });
    expect(sanitizeUrl('file:///etc/hosts')).toMatchObject({ full: 'file:///etc/hosts', host: '', path: '/etc/hosts' });
    expect(sanitizeUrl('//u:p@h/x')).toMatchObject({ full: '//h/x', host: 'h', scheme: undefined });
    expect(sanitizeUrl('https:\\\\u:p@h\\x').full).not.toContain('u:p');
    expect(sanitizeUrl('')).toMatchObject({ full: '', path: '' });
  });

  test.prop([fc.webUrl({ withQueryParameters: true, withFragments: true, authoritySettings: { withUserInfo: true, withPort: true } })])(
    'R35: agrees with the platform about what a URL is',
    (text) => {
      const expected = new URL(text);
      const { full, host, scheme } = sanitizeUrl(text);
      expect(`${scheme}:`).toBe(expected.protocol);
      expect(host).toBe(expected.hostname);
      expect(new URL(full)).toMatchObject({ username: '', password: '', hash: '', origin: expected.origin, pathname: expected.pathname });
    },
  );

  test.prop([fc.webUrl(), fc.uuid()])('R35: a secret in credentials, values or fragment never gets out', (base, secret) => {
    const url = new URL(base);
    url.username = secret;
    url.password = secret;
    url.search = `?a=${secret}&${secret}`;
    url.hash = secret;
    expect(JSON.stringify(sanitizeUrl(url.href))).not.toContain(secret);
  });

  test.prop([fc.string({ unit: 'binary' }), fc.boolean()])('R34: never throws and is stable', (text, pii) => {
    const { full } = sanitizeUrl(text, pii);
    expect(sanitizeUrl(full, pii).full).toBe(full);
  });
});

describe('HTTP spans', () => {
  it('R35: names are low in cardinality', () => {
    expect(httpSpanName('GET', '/users/:id')).toBe('GET /users/:id');
    expect(httpSpanName('get')).toBe('GET');
    expect(httpSpanName('PURGE', '/x')).toBe('HTTP /x');
    expect(httpClientSpanName('POST', 'api.example.com')).toBe('POST api.example.com');
    expect(httpClientSpanName('POST', '')).toBe('POST');
  });

  it('R35: an unknown method becomes _OTHER', () => {
    expect(methodAttributes('GET')).toEqual({ 'http.request.method': 'GET' });
    expect(methodAttributes('get')).toEqual({ 'http.request.method': 'GET', 'http.request.method_original': 'get' });
    expect(methodAttributes('__proto__')).toEqual({ 'http.request.method': '_OTHER', 'http.request.method_original': '__proto__' });
  });

  it('R35: attributes leave out what a URL does not have', () => {
    expect(urlAttributes(sanitizeUrl('https://h:1/p?q=1'))).toEqual({
      'url.full': 'https://h:1/p?q=[Filtered]',
      'url.path': '/p',
      'url.query': 'q=[Filtered]',
      'url.scheme': 'https',
      'server.address': 'h',
      'server.port': 1,
    });
    expect(urlAttributes(sanitizeUrl('data:text/plain,x'))).toEqual({ 'url.full': 'data:text/plain', 'url.scheme': 'data' });
  });

  it('R35: a client error is an error for the client only', () => {
    expect([200, 304, 399, 404, 499, 500, 503].map((code) => statusFromHttp(code, 'client'))).toEqual([
      'ok',
      'ok',
      'ok',
      'error',
      'error',
      'error',
      'error',
    ]);
    expect([200, 404, 499, 500, 599].map((code) => statusFromHttp(code, 'server'))).toEqual(['ok', 'ok', 'ok', 'error', 'error']);
  });
});
