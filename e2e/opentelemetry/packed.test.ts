import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend/start-backend.mjs';
import { type Application, installPacks } from '../packed/install-packs.ts';

/** npm installs the peer with the package. */
const PACKAGES = ['core', 'node', 'opentelemetry'];

const WORK = `
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1, integrations: [openTelemetryIntegration()] });
SpanStream.tracing.startSpan({ name: 'ours' }, () => {
  trace.getTracer('packed').startActiveSpan('theirs', (span) => {
    SpanStream.tracing.startSpan({ name: 'leaf' }, () => {});
    span.end();
  });
});
`;
const SOURCES = {
  module: `
import { trace } from '@opentelemetry/api';
import { openTelemetryIntegration } from '@spanstream/opentelemetry';
import * as SpanStream from '@spanstream/node';
${WORK}`,
  commonjs: `
const { trace } = require('@opentelemetry/api');
const { openTelemetryIntegration } = require('@spanstream/opentelemetry');
const SpanStream = require('@spanstream/node');
${WORK}`,
};

describe.each(['module', 'commonjs'] as const)('an application of type %s with the packages from their tarballs', (type) => {
  let application: Application;
  let backend: Awaited<ReturnType<typeof startBackend>>;
  beforeAll(async () => {
    application = await installPacks(type, PACKAGES);
    backend = await startBackend();
  });
  afterAll(async () => {
    application.remove();
    await backend.close();
  });

  test('has one tree of both APIs', async () => {
    application.write('application.js', SOURCES[type]);
    expect(await application.run('application.js', { env: { SENTRY_DSN: backend.dsn } })).toMatchObject({ code: 0, stderr: '' });
    const byName = new Map(backend.spans.map((span) => [span.name, span]));
    expect(new Set(byName.keys())).toEqual(new Set(['leaf', 'ours', 'theirs']));
    expect(byName.get('leaf').parent_span_id).toBe(byName.get('theirs').span_id);
    expect(byName.get('theirs').parent_span_id).toBe(byName.get('ours').span_id);
    expect(backend.refusals).toEqual([]);
  });
});
