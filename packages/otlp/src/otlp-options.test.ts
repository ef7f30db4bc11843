import type { SinkContext } from '@spanstream/core';
import { describe, expect, it } from 'vitest';
import { otlpSink } from './index.ts';
import { type OtlpSinkOptions, resolveOtlpOptions } from './otlp-options.ts';
import { resourceAttributes } from './resource.ts';

const resolve = (options: OtlpSinkOptions, env: Record<string, string> = {}) => resolveOtlpOptions(options, { env, isPage: false });

describe('options', () => {
  it.each([
    ['url', 'nowhere'],
    ['url', 'ftp://host/'],
    ['url', 5],
    ['headers', { 'a b': 'c' }],
    ['headers', { a: 'line\nbreak' }],
    ['headers', { a: 5 }],
    ['protocol', 'grpc'],
    ['compression', 'br'],
    ['timeoutMs', 0],
    ['timeoutMs', Number.NaN],
    ['resource', { a: {} }],
    ['resource', []],
    ['maxBatchBytes', 0],
    ['maxBatchSpans', 1.5],
    ['flushIntervalMs', -1],
    ['maxConcurrency', '4'],
  ])('R34: a wrong %s throws, naming the option and the value: %j', (name, value) => {
    const text = typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);
    expect(() => otlpSink({ [name]: value } as OtlpSinkOptions)).toThrow(`The option otlpSink.${name} must be`);
    expect(() => otlpSink({ [name]: value } as OtlpSinkOptions)).toThrow(`it is ${text}.`);
  });

  it('one that there is not is a warning', () => {
    expect(resolve({ uri: 'http://h/' } as OtlpSinkOptions).warnings).toEqual([
      'Unknown option otlpSink.uri is ignored; did you mean url?',
    ]);
  });

  it('have defaults', () => {
    const { warnings, ...defaults } = resolve({});
    expect(warnings).toEqual([]);
    expect(defaults).toEqual({
      url: 'http://localhost:4318/v1/traces',
      headers: {},
      protocol: 'protobuf',
      compression: 'none',
      timeoutMs: 10_000,
      resource: {},
      maxBatchBytes: 262_144,
      maxBatchSpans: 2000,
      flushIntervalMs: 1000,
      maxConcurrency: 4,
    });
  });

  it.each([
    ['http://h:4318', 'http://h:4318/v1/traces'],
    ['http://h:4318/', 'http://h:4318/v1/traces'],
    ['http://h:4318/custom', 'http://h:4318/custom'],
    ['https://h/v1/traces?key=1', 'https://h/v1/traces?key=1'],
  ])('the url %s is %s', (url, expected) => {
    expect(resolve({ url }).url).toBe(expected);
  });
});

describe('headers', () => {
  it('one name in two cases is one header, and options go before variables', () => {
    expect(resolve({ headers: { 'API-Key': 'own' } }, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=other' }).headers).toEqual({
      'API-Key': 'own',
    });
  });

  it('user name and password of the URL become a header, unless there is one', () => {
    const url = 'https://me:p%C3%A4ss@h/v1/traces';
    expect(resolve({ url })).toMatchObject({ url: 'https://h/v1/traces', headers: { Authorization: 'Basic bWU6cMOkc3M=' } });
    expect(resolve({ url, headers: { authorization: 'Bearer x' } }).headers).toEqual({ authorization: 'Bearer x' });
  });
});

describe('R34: what cannot be sent is refused', () => {
  it.each<[string, object]>([
    ['headers', { headers: new Headers({ 'api-key': 'x' }) }],
    ['headers', { headers: new Map([['api-key', 'x']]) }],
    ['resource', { resource: new Map([['team', 'blue']]) }],
    ['resource', { resource: { teams: [{}, {}] } }],
    ['resource', { resource: { teams: [null] } }],
    ['resource', { resource: { size: NaN } }],
    ['resource', { resource: { sizes: [1, Infinity] } }],
  ])('%s: %o', (name, options) => {
    expect(() => resolve(options)).toThrow(`otlpSink.${name}`);
  });
});

describe('variables', () => {
  it.each([
    ['http://h:4318', 'http://h:4318/v1/traces'],
    ['http://h:4318/', 'http://h:4318/v1/traces'],
    ['http://h/base', 'http://h/base/v1/traces'],
    ['http://h/base/?key=1', 'http://h/base/v1/traces?key=1'],
  ])('OTEL_EXPORTER_OTLP_ENDPOINT %s is a base', (endpoint, expected) => {
    expect(resolve({}, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).url).toBe(expected);
  });

  it.each([
    ['http://h:4318', 'http://h:4318/'],
    ['http://h/own/path', 'http://h/own/path'],
  ])('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT %s is used as it stands', (endpoint, expected) => {
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other' };
    expect(resolve({}, env).url).toBe(expected);
  });

  it('options go before those for traces, these before general ones', () => {
    const general = {
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
    };
    const traces = {
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2, c=three%20words',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7000',
    };
    expect(resolve({}, general)).toMatchObject({ headers: { a: '1' }, protocol: 'protobuf', compression: 'none', timeoutMs: 5000 });
    const both = { ...general, ...traces };
    expect(resolve({}, both)).toMatchObject({
      headers: { b: '2', c: 'three words' },
      protocol: 'json',
      compression: 'gzip',
      timeoutMs: 7000,
    });
    const options: OtlpSinkOptions = { headers: { b: '3' }, protocol: 'protobuf', compression: 'none', timeoutMs: 1 };
    expect(resolve(options, both)).toMatchObject({ ...options, headers: { b: '3', c: 'three words' } });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'nowhere'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '5s'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%zz'],
  ])('R34: a wrong %s is a warning and ignored', (name, text) => {
    const { warnings, ...rest } = resolve({}, { [name]: text });
    expect(warnings).toEqual([`The environment variable ${name} is ignored: ${JSON.stringify(text)} is no value for it.`]);
    expect({ ...rest, warnings: [] }).toEqual(resolve({}));
  });

  it('OTEL_SERVICE_NAME goes before OTEL_RESOURCE_ATTRIBUTES, options before both', () => {
    const env = { OTEL_SERVICE_NAME: 'api', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,team=blue%2Cgreen, k8s.pod.name = p ' };
    expect(resolve({}, env).resource).toEqual({ 'service.name': 'api', team: 'blue,green', 'k8s.pod.name': 'p' });
    expect(resolve({ resource: { 'service.name': 'own', size: 5 } }, env).resource).toMatchObject({
      'service.name': 'own',
      size: 5,
      team: 'blue,green',
    });
  });

  it('empty ones count as unset', () => {
    expect(resolve({}, { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_SERVICE_NAME: ' ', OTEL_EXPORTER_OTLP_HEADERS: '' })).toEqual(resolve({}));
  });
});

describe('the resource', () => {
  const context = {
    sdk: { name: 'spanstream.node', version: '0.1.0' },
    release: 'shop@1.4.0+7',
    environment: 'production',
    facts: {
      'server.address': 'web-1',
      'os.name': 'win32',
      'os.version': '10',
      'process.runtime.name': 'node',
      'process.runtime.version': '20.20.0',
    },
    platform: { name: 'node' },
  } as unknown as SinkContext;

  it('says who sends, by the semantic conventions', () => {
    expect(resourceAttributes(context, {}, 42)).toEqual({
      'service.name': 'shop',
      'service.version': '1.4.0+7',
      'deployment.environment.name': 'production',
      'telemetry.sdk.name': 'spanstream',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': '0.1.0',
      'host.name': 'web-1',
      'os.type': 'windows',
      'os.version': '10',
      'process.pid': 42,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': '20.20.0',
    });
  });

  it('leaves out what is not known', () => {
    const page = {
      ...context,
      release: '7f3a',
      environment: undefined,
      facts: {},
      platform: { name: 'javascript' },
    } as unknown as SinkContext;
    expect(resourceAttributes(page, {}, undefined)).toEqual({
      'service.name': 'unknown_service',
      'service.version': '7f3a',
      'telemetry.sdk.name': 'spanstream',
      'telemetry.sdk.language': 'webjs',
      'telemetry.sdk.version': '0.1.0',
    });
  });
});
