/** What a transport is asked to send: one envelope. Fetch-shaped, so that fetch-retry can wrap it. */
export interface TransportRequest {
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** The envelope, as UTF-8 or as text; the transport may compress it. */
  readonly body: Uint8Array<ArrayBuffer> | string;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
  /** The answer's body, where it was asked for and came whole. */
  arrayBuffer?(): Promise<ArrayBuffer>;
}

/** The header's text. A transport of the application's may answer with a status alone. */
export function readHeader(
  { headers }: { readonly headers?: TransportResponse['headers'] | undefined },
  name: string,
): string | null | undefined {
  return headers?.get(name);
}

/** Carries envelopes to a backend. Nothing it throws reaches the application (R29). */
export interface Transport {
  /** Resolves with the backend's answer, whatever its status; rejects when there was none. */
  send(url: string, request: TransportRequest): Promise<TransportResponse>;
  /** How many envelopes it takes at a time, asked again and again; default 64. */
  readonly maxConcurrency?: number;
  /** Pages: whether the browser has this body and brings it to the backend even if the page goes away. */
  isUnderWay?(body: TransportRequest['body']): boolean;
  /** Nobody waits for the answer to this body any more; it shall not be sent if it was not. */
  cancel?(body: TransportRequest['body']): void;
  /** Abandons what is in flight and releases connections. Called once, at the end of `close()`. */
  close?(): void;
}

export interface TransportOptions {
  /** The envelope endpoint or the tunnel. */
  readonly url: string;
}

/** What a transport for a sink is made of. */
export interface SinkTransportOptions extends TransportOptions {
  /** How long an attempt may go without an answer. */
  readonly timeoutMs: number;
}

/** Makes a transport that leaves bodies as they are and reads those of the answers. */
export type CreateSinkTransport = (options: SinkTransportOptions) => Transport;

export type CreateTransport = (options: TransportOptions) => Transport;
