import {
  type CarryingSink,
  createSinks,
  type HandOver,
  type Sink,
  type SinkAnswer,
  type SinkContext,
  type SpanParts,
} from '@spanstream/core';
import { settleChunks, Ticket } from './chunk.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { Environment } from './environment.ts';
import { Exporter } from './exporter.ts';
import { createFetchTransport } from './fetch-transport.ts';
import { createJsonCodec } from './json-codec.ts';
import { type OtlpSinkOptions, resolveOtlpOptions, type ResolvedOtlpOptions } from './otlp-options.ts';
import { createProtoCodec } from './proto-codec.ts';

/**
 * Sends spans by OTLP over HTTP, to an OpenTelemetry Collector or whatever else takes that; with a DSN or without.
 * @throws Error naming the option and the value, when an option is wrong
 * @example
 * init({ traceLifecycle: 'stream', tracesSampleRate: 1, sinks: [otlpSink({ url: 'http://localhost:4318/v1/traces' })] });
 */
export function otlpSink(options: OtlpSinkOptions = {}): Sink {
  const { process, document } = globalThis as { process?: { env?: Environment }; document?: unknown };
  return new OtlpSink(resolveOtlpOptions(options, { env: process?.env ?? {}, isPage: document !== undefined }));
}

/** What a sink has once it belongs to a client. */
interface Running {
  readonly context: SinkContext;
  readonly writer: ChunkWriter;
  readonly exporter: Exporter;
}

class OtlpSink implements CarryingSink {
  readonly name = 'otlp';
  readonly createSinks = createSinks;
  readonly url: string;
  readonly #options: ResolvedOtlpOptions;
  /** The last one is in use: the client that `init` replaces is closed when the next one is set up already. */
  readonly #running: Running[] = [];
  #timer: unknown;
  /** Hand-overs with spans that have not found their end. */
  readonly #tickets = new Set<Ticket>();

  constructor(options: ResolvedOtlpOptions) {
    this.#options = options;
    this.url = options.url;
  }

  setup(context: SinkContext): void {
    const options = this.#options;
    if (this.#running.length > 0) this.#send();
    for (const warning of options.warnings) context.warn(warning, warning);
    const codec = options.protocol === 'json' ? createJsonCodec() : createProtoCodec();
    const createTransport = context.platform.createSinkTransport ?? createFetchTransport;
    const transport = createTransport({ url: options.url, timeoutMs: options.timeoutMs });
    const exporter = new Exporter({ options, codec, transport, context });
    const writer = new ChunkWriter({
      codec,
      context,
      resource: options.resource,
      onChunk: (chunk) => exporter.add(chunk),
      onFault: (error, shares) => {
        context.debug('otlp encoding', `Spans could not be encoded: ${String(error)}`);
        const spanCount = shares.reduce((sum, { count }) => sum + count, 0);
        settleChunks([{ bytes: new Uint8Array(), spanCount, shares }], spanCount, 'rejected');
      },
    });
    this.#running.push({ context, writer, exporter });
  }

  /** Core calls `sendParts`. */
  send(): never {
    throw new Error('otlpSink belongs into the option sinks of init');
  }

  sendParts(spans: readonly SpanParts[]): SinkAnswer {
    const { context, writer } = this.#use();
    const ticket = new Ticket(spans.length);
    this.#tickets.add(ticket);
    writer.add(spans, ticket);
    this.#timer ??= context.platform.setTimer(() => this.#send(), this.#options.flushIntervalMs);
    return ticket.receipt.then((receipt) => {
      this.#tickets.delete(ticket);
      return receipt;
    });
  }

  async flush(): Promise<boolean> {
    this.#send();
    await Promise.all(Array.from(this.#tickets, (ticket) => ticket.receipt));
    return true;
  }

  takeUnsent(): HandOver {
    const { writer, exporter } = this.#use();
    writer.write();
    return exporter.takeUnsent();
  }

  async close(timeoutMs: number): Promise<void> {
    const { context, exporter } = this.#running[0] ?? this.#use();
    const { platform } = context;
    let timer: unknown;
    const late = new Promise<void>((resolve) => (timer = platform.setTimer(resolve, timeoutMs)));
    await Promise.race([this.flush(), late]);
    platform.clearTimer(timer);
    exporter.close();
    if (this.#running.length > 1) this.#running.shift();
  }

  #send(): void {
    const { context, writer, exporter } = this.#use();
    context.platform.clearTimer(this.#timer);
    this.#timer = undefined;
    writer.write();
    exporter.send();
  }

  #use(): Running {
    const running = this.#running.at(-1);
    if (running === undefined) throw new Error('otlpSink belongs into the option sinks of init');
    return running;
  }
}
