import { Client, type ClientParts } from './client.ts';
import { constantAttributes } from './constant-attributes.ts';
import { outsideContext } from './context/context.ts';
import { ByteBudget } from './delivery/budget.ts';
import { ClientReports } from './delivery/client-reports.ts';
import { Delivery } from './delivery/delivery.ts';
import type { DropReason } from './delivery/drop-reason.ts';
import { Ledger } from './delivery/ledger.ts';
import { SinkDelivery } from './delivery/sink-delivery.ts';
import { describeError, Diagnostics } from './diagnostics.ts';
import { createLifecycle, type Lifecycle, type Lifecycles, samplingOf, streamOnly } from './lifecycle.ts';
import { chooseIntegrations, type Integration, integrationNames } from './integration.ts';
import { type Options, resolveOptions, type ResolvedOptions } from './options.ts';
import type { Platform } from './platform.ts';
import type { Transport } from './delivery/transport.ts';
import { IdSource } from './span/ids.ts';
import { Clock } from './span/time.ts';
import { type Current, shared } from './trace/current.ts';
import { createIgnoreSpans } from './trace/ignore-spans.ts';
import { TraceHeaders } from './trace/trace-headers.ts';
import { Tracer } from './trace/tracer.ts';
import { authHeader, type Dsn, envelopeUrl, formatDsn, type SdkInfo } from './wire/dsn.ts';
import type { EnvelopeFacts } from './wire/envelope.ts';

/** The part of the memory budget that may lie idle as arrays for the next spans. */
const IDLE_SHARE = 16;
const ENVELOPE_CONTENT_TYPE = 'application/x-sentry-envelope';

/** What `init` is given besides the user's options. */
export interface InitContext {
  readonly platform: Platform;
  readonly env: Partial<Options>;
  readonly defaultIntegrations: (options: ResolvedOptions) => Integration[];
  /** The modes that there are. Default: `streamOnly`. */
  readonly lifecycles?: Lifecycles;
}

/**
 * Starts the SDK. A second call closes the first client, which flushes it, and replaces it.
 * @throws Error naming the option and the value, when an option is wrong; nothing else ever throws
 */
export function init(user: Options, context: InitContext): Client {
  const { platform } = context;
  const earlyDiagnostics = new Diagnostics(platform, user?.debug === true);
  const options = resolveOptions(
    user ?? {},
    context.env,
    { maxMemoryBytes: platform.defaultMaxMemoryBytes, retired: context.lifecycles?.retired },
    (message) => earlyDiagnostics.warn(message, message),
  );
  const defaults = options.enabled ? context.defaultIntegrations(options) : [];
  const integrations = options.enabled
    ? earlyDiagnostics.guard('The option integrations', () => chooseIntegrations(defaults, options.integrations), defaults)
    : [];
  const { lifecycles = streamOnly } = context;
  const client = createClient({ options, platform, lifecycles, integrations: integrationNames(integrations) });
  const running = getClient();
  if (running !== undefined && !running.isClosed) {
    earlyDiagnostics.warn('second init', 'init was called again: the first client is closed and replaced.');
    void running.close();
  }
  shared.client = client;
  shared.traceNodeStream = platform.traceNodeStream;
  shared.current = options.enabled ? client.current : undefined;
  client.setup(integrations);
  return client;
}

/** The client that the last `init` returned. */
export function getClient(): Client | undefined {
  return shared.client as Client | undefined;
}

/** What a client is made from. */
interface Request {
  readonly options: ResolvedOptions;
  readonly platform: Platform;
  readonly lifecycles: Lifecycles;
  /** Their names. */
  readonly integrations: readonly string[];
}

/** What most parts need. */
interface Basis extends Request {
  readonly diagnostics: Diagnostics;
  readonly sdk: SdkInfo;
  /** Undefined also where everything is inert. */
  readonly dsn: Dsn | undefined;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly headers: TraceHeaders;
}

type Accounts = Pick<ClientParts, 'ledger' | 'budget' | 'clientReports'>;
type Destinations = Pick<ClientParts, 'delivery' | 'sinks'>;

/** Puts the parts together; nothing else knows them all. */
function createClient(request: Request): Client {
  const { options, platform } = request;
  const basis = createBasis(request);
  const accounts = createAccounts(basis);
  const destinations = createDestinations(basis, accounts);
  const door = { isClosed: false };
  const obstacle = (): DropReason | undefined => (door.isClosed ? 'closed' : obstacleOf(options, destinations));
  const lifecycle = connectLifecycle(basis, accounts, destinations, obstacle);
  const current = createCurrent(basis, lifecycle);
  const { diagnostics } = basis;
  return new Client({
    options,
    platform,
    diagnostics,
    ...accounts,
    ...destinations,
    lifecycle,
    current,
    onClosed: () => void (door.isClosed = true),
  });
}

function createBasis(request: Request): Basis {
  const { options, platform } = request;
  const dsn = options.enabled ? options.dsn : undefined;
  const ids = new IdSource((bytes) => platform.fillRandom(bytes));
  const identity = { publicKey: dsn?.publicKey, release: options.release, environment: options.environment, orgId: options.orgId };
  return {
    ...request,
    diagnostics: new Diagnostics(platform, options.debug),
    sdk: { name: platform.sdkName, version: __SDK_VERSION__ },
    dsn,
    ids,
    clock: new Clock(platform),
    headers: new TraceHeaders(identity, ids, options.propagateTraceparent),
  };
}

function createAccounts({ options, platform, diagnostics, sdk, dsn }: Basis): Accounts {
  const wallClockMs = (): number => platform.wallClockMs();
  const clientReports = new ClientReports({
    enabled: options.sendClientReports && dsn !== undefined,
    envelopeHeader: { sdk, ...tunnelDsn(options) },
    wallClockMs,
  });
  const ledger = new Ledger({
    wallClockMs,
    onLoss: (reason, category, quantity) => clientReports.record(reason, category, quantity),
    onFault: (error) => diagnostics.fault('An outcome listener', error),
  });
  return { clientReports, ledger, budget: new ByteBudget(options.maxMemoryBytes) };
}

function createDestinations(basis: Basis, accounts: Accounts): Destinations {
  const { options, platform, diagnostics, dsn } = basis;
  const delivery = dsn === undefined ? undefined : new Delivery({ ...destination(basis, dsn), platform, ...accounts, diagnostics });
  const hasSinks = options.enabled && options.sinks.length > 0;
  const sinks = hasSinks ? createSinks(basis, accounts) : undefined;
  if (options.enabled && delivery === undefined && sinks === undefined)
    diagnostics.debug('no dsn', 'There is no DSN: spans work and propagate, nothing is sent.');
  return { delivery, sinks };
}

function createSinks({ options, dsn, diagnostics, platform }: Basis, { ledger }: Accounts): SinkDelivery {
  const quiet = { ...outsideContext(shared.defaultScope), suppressed: true };
  return new SinkDelivery({
    sinks: options.sinks,
    ledger: dsn === undefined ? ledger : undefined,
    diagnostics,
    platform,
    quietly: (callback) => platform.contextManager.run(quiet, callback),
  });
}

/** Why nothing can be sent now. What the backend does not want, the sinks still do. */
function obstacleOf({ traceLifecycle }: ResolvedOptions, { delivery, sinks }: Destinations): DropReason | undefined {
  if (sinks !== undefined) return undefined;
  if (delivery === undefined) return 'no_destination';
  return delivery.isLimited(traceLifecycle === 'stream' ? 'span' : 'transaction') ? 'rate_limited' : undefined;
}

function connectLifecycle(
  basis: Basis,
  accounts: Accounts,
  { delivery, sinks }: Destinations,
  obstacle: () => DropReason | undefined,
): Lifecycle {
  const { options, platform, diagnostics, sdk, clock, headers, ids, integrations } = basis;
  const { dsn } = tunnelDsn(options);
  const kept = { maxIdleBytes: options.maxMemoryBytes / IDLE_SHARE, reusesOutputs: options.transport === undefined };
  const encoder = platform.createEncoder({
    constants: constantAttributes(options, platform, integrations),
    envelope: { sdk, dsn, ingestSettings: ingestSettings(options, platform) },
    ...kept,
  });
  return createLifecycle(basis.lifecycles, options.traceLifecycle, {
    options,
    attributes: {
      globalScope: shared.globalScope,
      sendDefaultPii: options.sendDefaultPii,
      maxAttributes: options.attributeLimits.maxAttributes,
    },
    platform,
    clock,
    ...accounts,
    diagnostics,
    encoder: {
      ...encoder,
      wallClockMs: () => platform.wallClockMs(),
      maxPayloadBytes: options.batching.maxBytes,
      traceHeader: (segment) => headers.envelopeHeader(segment),
    },
    event: { sdk, dsn, integrations, newEventId: () => ids.newTraceId(), ...kept },
    obstacle,
    enqueue: delivery && ((batch) => delivery.enqueue(batch)),
    toSinks: sinks && ((span) => sinks.send(span)),
  });
}

function createCurrent({ options, platform, diagnostics, ids, clock, headers, lifecycles }: Basis, lifecycle: Lifecycle): Current {
  const tracer = new Tracer({
    contextManager: platform.contextManager,
    clock,
    ids,
    limits: options.attributeLimits,
    sampling: options.enabled ? samplingOf(options, lifecycles, diagnostics) : {},
    ignoreSpans: createIgnoreSpans(options.ignoreSpans),
    sink: lifecycle,
    defaultScope: shared.defaultScope,
    misused: (reason, message) => (reason === 'tracesSampler' ? diagnostics.warn(reason, message) : diagnostics.debug(reason, message)),
  });
  return {
    tracer,
    headers,
    mode: options.traceLifecycle === 'stream' ? 'stream' : 'static',
    incoming: {
      newTraceId: () => ids.newTraceId(),
      random: () => ids.random(),
      orgId: options.orgId,
      strictTraceContinuation: options.strictTraceContinuation,
      debug: (message) => diagnostics.debug(message, message),
    },
    warn: (reason, message) => diagnostics.warn(reason, message),
    fault: (reason, error) => diagnostics.fault(reason, error),
  };
}

/** Where envelopes go and what goes with each. */
function destination(
  { options, platform, sdk, diagnostics }: Basis,
  dsn: Dsn,
): { url: string; headers: Record<string, string>; transport: Transport } {
  const isTunnel = options.tunnel !== undefined;
  const url = options.tunnel ?? envelopeUrl(dsn, platform.authentication, sdk);
  const credentials = isTunnel || platform.authentication === 'query' ? undefined : { 'X-Sentry-Auth': authHeader(dsn, sdk) };
  return {
    url,
    headers: { 'Content-Type': ENVELOPE_CONTENT_TYPE, ...credentials },
    transport: createTransport(url, { options, platform, diagnostics }),
  };
}

/** A transport of the user's that cannot be made is a warning, and a network that is down. */
function createTransport(url: string, { options, platform, diagnostics }: Pick<Basis, 'options' | 'platform' | 'diagnostics'>): Transport {
  try {
    const transport: Partial<Transport> | undefined = (options.transport ?? platform.createTransport)({ url });
    if (typeof transport?.send === 'function') return transport as Transport;
    throw new TypeError('it has no function send');
  } catch (error) {
    diagnostics.warn('transport', `The option transport made no transport, so nothing can be sent: ${describeError(error)}`);
    return { send: () => Promise.reject(new Error('there is no transport')) };
  }
}

function tunnelDsn({ dsn, tunnel }: ResolvedOptions): { dsn: string | undefined } {
  return { dsn: dsn !== undefined && tunnel !== undefined ? formatDsn(dsn) : undefined };
}

function ingestSettings({ sendDefaultPii }: ResolvedOptions, platform: Platform): EnvelopeFacts['ingestSettings'] {
  return platform.authentication === 'query' ? { infer_ip: sendDefaultPii ? 'auto' : 'never', infer_user_agent: 'auto' } : undefined;
}
