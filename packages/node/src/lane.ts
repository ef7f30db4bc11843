import type { TransportRequest, TransportResponse } from '@spanstream/core';

/** A way to the backend. None of its sockets and timers keeps the process alive. */
export interface Lane {
  /** How many requests it takes at a time. */
  readonly maxConcurrency: number;
  post(request: TransportRequest, isGzip: boolean): Promise<TransportResponse>;
  /** Ends all connections; who waits for an answer gets an error. */
  close(): void;
}

/** What a lane leads to. */
export interface LaneOptions {
  readonly url: URL;
  readonly answerTimeoutMs: number;
  /** Whether anybody reads the answers' bodies. */
  readonly readsBodies: boolean;
}
