import { SENTRY_DIST, SENTRY_ENVIRONMENT, SENTRY_RELEASE, SENTRY_SDK_NAME, SENTRY_SDK_VERSION, SENTRY_TRACE_LIFECYCLE, SERVER_ADDRESS } from '@sentry/conventions/attributes';
import { Client } from './client.ts';
import { ByteBudget } from './delivery/budget.ts';
import { ClientReports } from './delivery/client-reports.ts';
import { Delivery } from './delivery/delivery.ts';
import { Ledger } from './delivery/ledger.ts';
import { SinkDelivery } from './delivery/sink-delivery.ts';
import { Diagnostics } from './diagnostics.ts';
import { createLifecycle, samplingOf } from './lifecycle.ts';
import { type Integration } from './integration.ts';
import { type Options, resolveOptions, type ResolvedOptions } from './options.ts';
import type { Platform } from './platform.ts';
import type { Transport } from './delivery/transport.ts';
import { type AttributeList, type Attributes, setAttributes } from './span/attributes.ts';
import { IdSource } from './span/ids.ts';
import { Clock } from './span/time.ts';
import { type Current, shared } from './trace/current.ts';
import { traceHeader } from './trace/dynamic-sampling-context.ts';
import { createIgnoreSpans } from './trace/ignore-spans.ts';
import { TraceHeaders } from './trace/trace-headers.ts';
import { Tracer } from './trace/tracer.ts';
import { authHeader, type Dsn, envelopeUrl, formatDsn, type SdkInfo } from './wire/dsn.ts';
import { type EnvelopeFacts, EnvelopeWriter } from './wire/envelope.ts';
import { type ConstantAttributes, SpanItems } from './wire/span-item.ts';

const ENVELOPE_CONTENT_TYPE = 'application/x-sentry-envelope';

/** What `init` is given besides the user's options. */
export interface InitContext {
  readonly platform: Platform;
  readonly env: Partial<Options>;
  readonly defaultIntegrations: (options: ResolvedOptions) => Integration[];
}

/**
 * Starts the SDK. A second call closes the first client, which flushes it, and replaces it.
 * @throws Error naming the option and the value, when an option is wrong; nothing else ever throws
 */
export function init(user: Options, context: InitContext): Client {
  const { platform } = context;
  const earlyDiagnostics = new Diagnostics(platform, user?.debug === true);
  const options = resolveOptions(user ?? {}, context.env, { maxMemoryBytes: platform.defaultMaxMemoryBytes }, (message) => earlyDiagnostics.warn(message, message));
  const running = getClient();
  if (running !== undefined) {
    earlyDiagnostics.warn('second init', 'init was called again: the first client is closed and replaced.');
    void running.close();
  }
  const client = createClient(options, platform);
  shared.client = client;
  shared.current = options.enabled ? client.parts.current : undefined;
  if (options.enabled) client.setup(context.defaultIntegrations(options));
  return client;
}

/** The client that the last `init` returned. */
export function getClient(): Client | undefined {
  return shared.client as Client | undefined;
}

/** Puts the parts together; the only place that knows them all. */
export function createClient(options: ResolvedOptions, platform: Platform): Client {
  const diagnostics = new Diagnostics(platform, options.debug);
  const { dsn } = options;
  const sdk = { name: platform.sdkName, version: __SDK_VERSION__ };
  const clientReports = new ClientReports({
    enabled: options.sendClientReports && dsn !== undefined,
    envelopeHeader: { sdk, ...tunnelDsn(options) },
    wallClockMs: () => platform.wallClockMs(),
  });
  const ledger = new Ledger({
    wallClockMs: () => platform.wallClockMs(),
    onLoss: (reason, category, quantity) => clientReports.record(reason, category, quantity),
    onFault: (error) => diagnostics.fault('An outcome listener', error),
  });
  const budget = new ByteBudget(options.maxMemoryBytes);
  const delivery = dsn === undefined ? undefined : new Delivery({ ...destination(options, dsn, platform, sdk), platform, ledger, clientReports, budget, diagnostics });
  const sinks = options.sinks.length === 0 ? undefined : new SinkDelivery(options.sinks, dsn === undefined ? ledger : undefined, diagnostics);
  if (delivery === undefined && sinks === undefined) diagnostics.debug('no dsn', 'There is no DSN: spans work and propagate, nothing is sent.');

  const clock = new Clock(platform);
  const ids = new IdSource((bytes) => platform.fillRandom(bytes));
  const identity = { publicKey: dsn?.publicKey, release: options.release, environment: options.environment, orgId: options.orgId };
  const headers = new TraceHeaders(identity, ids, options.propagateTraceparent);
  let isClosed = false;
  const lifecycle = createLifecycle({
    options,
    attributes: { globalScope: shared.globalScope, sendDefaultPii: options.sendDefaultPii, maxAttributes: options.attributeLimits.maxAttributes },
    platform,
    clock,
    ledger,
    budget,
    diagnostics,
    encoder: {
      items: new SpanItems(constantAttributes(options, platform)),
      envelopes: new EnvelopeWriter({ sdk, dsn: tunnelDsn(options).dsn, ingestSettings: ingestSettings(options, platform) }),
      wallClockMs: () => platform.wallClockMs(),
      traceHeader: (segment) => traceHeader(headers.freeze(segment), { traceId: segment.trace.traceId, publicKey: dsn?.publicKey ?? '' }),
    },
    obstacle: () => {
      if (isClosed) return 'closed';
      if (delivery === undefined) return sinks === undefined ? 'no_destination' : undefined;
      return delivery.isLimited('span') ? 'rate_limited' : undefined;
    },
    enqueue: delivery && ((batch) => delivery.enqueue(batch)),
    toSinks: sinks && ((span) => sinks.send(span)),
  });
  const tracer = new Tracer({
    contextManager: platform.contextManager,
    clock,
    ids,
    limits: options.attributeLimits,
    sampling: samplingOf(options, diagnostics),
    ignoreSpans: createIgnoreSpans(options.ignoreSpans),
    sink: lifecycle,
    defaultScope: shared.defaultScope,
    misused: (reason, message) => (reason === 'tracesSampler' ? diagnostics.warn(reason, message) : diagnostics.debug(reason, message)),
  });
  const current: Current = {
    tracer,
    headers,
    mode: options.traceLifecycle,
    incoming: {
      newTraceId: () => ids.traceId(),
      random: () => ids.random(),
      orgId: options.orgId,
      strictTraceContinuation: options.strictTraceContinuation,
      debug: (message) => diagnostics.debug(message, message),
    },
    warn: (reason, message) => diagnostics.warn(reason, message),
    fault: (reason, error) => diagnostics.fault(reason, error),
  };
  return new Client({ options, platform, ledger, lifecycle, delivery, sinks, clientReports, diagnostics, current, onClosed: () => void (isClosed = true) });
}

/** Where envelopes go and what goes with each. */
function destination(options: ResolvedOptions, dsn: Dsn, platform: Platform, sdk: SdkInfo): { url: string; headers: Record<string, string>; transport: Transport } {
  const isTunnel = options.tunnel !== undefined;
  const url = options.tunnel ?? envelopeUrl(dsn, platform.authentication, sdk);
  const credentials = isTunnel || platform.authentication === 'query' ? undefined : { 'X-Sentry-Auth': authHeader(dsn, sdk) };
  const createTransport = options.transport ?? platform.createTransport;
  return { url, headers: { 'Content-Type': ENVELOPE_CONTENT_TYPE, ...credentials }, transport: createTransport({ url }) };
}

function tunnelDsn({ dsn, tunnel }: ResolvedOptions): { dsn: string | undefined } {
  return { dsn: dsn !== undefined && tunnel !== undefined ? formatDsn(dsn) : undefined };
}

function ingestSettings({ sendDefaultPii }: ResolvedOptions, platform: Platform): EnvelopeFacts['ingestSettings'] {
  return platform.authentication === 'query' ? { infer_ip: sendDefaultPii ? 'auto' : 'never', infer_user_agent: 'auto' } : undefined;
}

/** The attributes that need no second thought per span; empty ones are left out (wire.md). */
function constantAttributes(options: ResolvedOptions, platform: Platform): ConstantAttributes {
  const every = {
    [SENTRY_TRACE_LIFECYCLE]: options.traceLifecycle,
    [SENTRY_SDK_NAME]: platform.sdkName,
    [SENTRY_SDK_VERSION]: __SDK_VERSION__,
    [SENTRY_RELEASE]: options.release,
    [SENTRY_ENVIRONMENT]: options.environment,
    [SENTRY_DIST]: options.dist,
  };
  return { every: toList(every, options), segment: toList({ ...platform.segmentAttributes(), ...(options.serverName && { [SERVER_ADDRESS]: options.serverName }) }, options) };
}

function toList(attributes: Attributes, options: ResolvedOptions): AttributeList {
  const list: AttributeList = [];
  const ignore = (): void => undefined;
  setAttributes(list, attributes, { limits: options.attributeLimits, attributeCut: ignore, attributeDropped: ignore });
  return list;
}
