import { Client, type ClientBasis, type ClientParts } from './client.ts';
import { constantAttributes } from './constant-attributes.ts';
import { ByteBudget } from './delivery/budget.ts';
import { ClientReports } from './delivery/client-reports.ts';
import { Delivery, type DeliveryOptions } from './delivery/delivery.ts';
import type { DropReason } from './delivery/drop-reason.ts';
import { Ledger } from './delivery/ledger.ts';
import type { SinkDelivery } from './delivery/sink-delivery.ts';
import { describeError, Diagnostics } from './diagnostics.ts';
import { createLifecycle, type LifecycleParts, type Lifecycles, samplingOf, sinksOf, streamOnly } from './lifecycle.ts';
import { chooseIntegrations, type Integration, integrationNames } from './integration.ts';
import { type Options, resolveOptions, type ResolvedOptions } from './options.ts';
import type { Platform } from './platform.ts';
import type { Transport } from './delivery/transport.ts';
import { IdSource } from './span/ids.ts';
import type { Segment } from './span/segment.ts';
import { Clock } from './span/time.ts';
import { type Current, shared } from './trace/current.ts';
import { createIgnoreSpans } from './trace/ignore-spans.ts';
import { type DscIdentity, TraceHeaders } from './trace/trace-headers.ts';
import { Tracer, type TracerOptions } from './trace/tracer.ts';
import { authHeader, type Dsn, envelopeUrl, formatDsn, type SdkInfo } from './wire/dsn.ts';
import type { EnvelopeFacts } from './wire/envelope.ts';
import type { EncoderFacts } from './wire/span-encoder.ts';

/** The part of the memory budget that may lie idle as arrays for the next spans. */
const IDLE_SHARE = 8;
const ENVELOPE_CONTENT_TYPE = 'application/x-sentry-envelope';

/** What `init` is given besides the user's options. */
export interface InitContext {
  readonly platform: Platform;
  readonly env: Partial<Options>;
  readonly defaultIntegrations: (options: ResolvedOptions) => Integration[];
  /** The modes that there are, and whether there are sinks. Default: `streamOnly`. */
  readonly lifecycles?: Lifecycles;
}

/**
 * Starts the SDK. A second call closes the first client, which flushes it, and replaces it.
 * @throws Error naming the option and the value, when an option is wrong; nothing else ever throws
 */
export function init(user: Options, context: InitContext): Client {
  const { platform } = context;
  const diagnostics = new Diagnostics(platform, user?.debug === true);
  const { lifecycles = streamOnly } = context;
  const defaultsOfOptions = { maxMemoryBytes: platform.defaultMaxMemoryBytes, retired: lifecycles.retired };
  const options = resolveOptions(user ?? {}, context.env, defaultsOfOptions, (message) => diagnostics.warn(message, message));
  const defaults = options.enabled ? context.defaultIntegrations(options) : [];
  const integrations = options.enabled
    ? diagnostics.guard('The option integrations', () => chooseIntegrations(defaults, options.integrations), defaults)
    : [];
  const basis = { options, platform, diagnostics, lifecycles };
  const client = new Client(basis, () => {
    const parts = createParts(basis, integrationNames(integrations));
    if (options.enabled && shared.client === client) shared.current = parts.current;
    return parts;
  });
  const running = getClient();
  const isSecond = running !== undefined && !running.isClosed;
  // Of a second client the first one's contexts may be around already; and an application's own parts find what is there at `init`.
  const isLate = platform.startsLate === true && !isSecond && options.transport === undefined && options.sinks.length === 0;
  const current = isLate ? undefined : client.current;
  if (isSecond) {
    diagnostics.warn('second init', 'init was called again: the first client is closed and replaced.');
    void running.close();
  }
  shared.client = client;
  shared.traceNodeStream = platform.traceNodeStream;
  shared.current = options.enabled ? current : undefined;
  shared.wake = isLate && options.enabled ? () => client.current : undefined;
  client.setup(integrations);
  return client;
}

/** The client that the last `init` returned. */
export function getClient(): Client | undefined {
  return shared.client as Client | undefined;
}

type BatchEncoder = ReturnType<LifecycleParts['encoder']>;
type Basis = ClientBasis & { readonly lifecycles: Lifecycles };
type TracerParts = Pick<TracerOptions, 'clock' | 'ids' | 'sink'>;

/** Puts the parts together; nothing else knows them all. */
function createParts(basis: Basis, integrations: readonly string[]): ClientParts {
  const { options, platform, diagnostics } = basis;
  const { enabled } = options;
  const dsn = enabled ? options.dsn : undefined;
  const sdk: SdkInfo = { name: platform.sdkName, version: __SDK_VERSION__ };
  /** A tunnel must know where to forward to. */
  const facts = { sdk, dsn: options.dsn && options.tunnel !== undefined ? formatDsn(options.dsn) : undefined };
  const ids = new IdSource((bytes) => platform.fillRandom(bytes));
  const headers = new TraceHeaders(identityOf(options, dsn), ids);
  const clientReports = new ClientReports({ enabled: options.sendClientReports && dsn !== undefined, envelopeHeader: facts, platform });
  const ledger = new Ledger({ ...basis, clientReports });
  const budget = new ByteBudget(options.maxMemoryBytes);
  const accounts = { ...basis, clientReports, ledger, budget };
  const delivery = dsn && new Delivery({ ...accounts, ...destination(basis, dsn, sdk) });
  const constants = lazily(() => constantAttributes(options, platform, integrations));
  const createSinks = enabled ? sinksOf(options, basis.lifecycles, diagnostics) : undefined;
  const { defaultScope } = shared;
  const sinks = createSinks?.({ ...basis, sdk, constants: constants(), budget, ledger: dsn ? undefined : ledger, defaultScope });
  if (enabled && !delivery && !sinks) diagnostics.debug('no dsn', 'There is no DSN: spans work and propagate, nothing is sent.');

  const headerOf = (segment: Segment): string => headers.envelopeHeader(segment);
  let isClosed = false;
  const clock = new Clock(platform);
  const lifecycle = createLifecycle(basis.lifecycles, options.traceLifecycle, {
    ...accounts,
    clock,
    attributes: {
      globalScope: shared.globalScope,
      sendDefaultPii: options.sendDefaultPii,
      maxAttributes: options.attributeLimits.maxAttributes,
    },
    constants,
    encoder: lazily(() => createEncoder(basis, { constants: constants(), ...facts, traceHeader: headerOf })),
    traceHeader: headerOf,
    event: { ...facts, integrations, newEventId: () => ids.newTraceId(), ...keptArrays(options) },
    obstacle: () => (isClosed ? 'closed' : obstacleOf(options, delivery, sinks)),
    enqueue: delivery && ((batch) => delivery.enqueue(batch)),
    toSinks: sinks && ((span) => sinks.send(span)),
  });
  const current = createCurrent(basis, headers, { clock, ids, sink: lifecycle });
  return { ...accounts, delivery, sinks, lifecycle, current, onClosed: () => void (isClosed = true) };
}

function createEncoder(
  { options, platform }: Basis,
  { constants, traceHeader, ...facts }: Pick<BatchEncoder, 'constants' | 'traceHeader'> & Pick<EnvelopeFacts, 'sdk' | 'dsn'>,
): BatchEncoder {
  const isPage = platform.authentication === 'query';
  return {
    ...platform.createEncoder({
      constants,
      envelope: {
        ...facts,
        ingestSettings: isPage ? { infer_ip: options.sendDefaultPii ? 'auto' : 'never', infer_user_agent: 'auto' } : undefined,
      },
      ...keptArrays(options),
    }),
    wallClockMs: () => platform.wallClockMs(),
    maxPayloadBytes: options.batching.maxBytes,
    traceHeader,
  };
}

/** What `create` makes, made when somebody first asks: with the first span that ends, so that a start pays nothing for it. */
function lazily<T extends object>(create: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= create());
}

function keptArrays({ maxMemoryBytes, transport }: ResolvedOptions): Pick<EncoderFacts, 'maxIdleBytes' | 'reusesOutputs'> {
  return { maxIdleBytes: maxMemoryBytes / IDLE_SHARE, reusesOutputs: transport === undefined };
}

function createCurrent(basis: Basis, headers: TraceHeaders, parts: TracerParts): Current {
  const { options, diagnostics } = basis;
  const { ids } = parts;
  return {
    tracer: createTracer(basis, parts),
    headers,
    mode: options.traceLifecycle === 'stream' ? 'stream' : 'static',
    incoming: {
      orgId: options.orgId,
      strictTraceContinuation: options.strictTraceContinuation,
      newTraceId: () => ids.newTraceId(),
      random: () => ids.random(),
      debug: (message) => diagnostics.debug(message, message),
    },
    warn: diagnostics.warn,
    fault: diagnostics.fault,
  };
}

function identityOf({ release, environment, orgId, propagateTraceparent }: ResolvedOptions, dsn: Dsn | undefined): DscIdentity {
  return { publicKey: dsn?.publicKey, release, environment, orgId, propagateTraceparent };
}

function createTracer({ options, platform, diagnostics, lifecycles }: Basis, parts: TracerParts): Tracer {
  return new Tracer({
    ...parts,
    contextManager: platform.contextManager,
    limits: options.attributeLimits,
    sampling: options.enabled ? samplingOf(options, lifecycles, diagnostics) : {},
    ignoreSpans: createIgnoreSpans(options.ignoreSpans),
    defaultScope: shared.defaultScope,
    misused: (reason, message) => diagnostics[reason === 'tracesSampler' ? 'warn' : 'debug'](reason, message),
  });
}

/** Why nothing can be sent now. What the backend does not want, the sinks still do. */
function obstacleOf(
  { traceLifecycle }: ResolvedOptions,
  delivery: Delivery | undefined,
  sinks: SinkDelivery | undefined,
): DropReason | undefined {
  if (sinks) return undefined;
  if (!delivery) return 'no_destination';
  return delivery.isLimited(traceLifecycle === 'stream' ? 'span' : 'transaction') ? 'rate_limited' : undefined;
}

/** Where envelopes go and what goes with each. */
function destination(basis: Basis, dsn: Dsn, sdk: SdkInfo): Pick<DeliveryOptions, 'url' | 'headers' | 'transport'> {
  const { options, platform, diagnostics } = basis;
  const isHeader = platform.authentication === 'header' && options.tunnel === undefined;
  const url = options.tunnel ?? envelopeUrl(dsn, platform.authentication, sdk);
  const headers = { 'Content-Type': ENVELOPE_CONTENT_TYPE, ...(isHeader && { 'X-Sentry-Auth': authHeader(dsn, sdk) }) };
  try {
    const transport: Partial<Transport> | undefined = (options.transport ?? platform.createTransport)({ url });
    if (typeof transport?.send === 'function') return { url, headers, transport: transport as Transport };
    throw new TypeError('it has no function send');
  } catch (error) {
    // A warning, and a network that is down.
    diagnostics.warn('transport', `The option transport made no transport; nothing is sent: ${describeError(error)}`);
    return { url, headers, transport: { send: () => Promise.reject(new Error('no transport')) } };
  }
}
