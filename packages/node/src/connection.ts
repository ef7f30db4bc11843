import type { Socket } from 'node:net';
import type { TransportResponse } from '@spanstream/core';
import { type Answer, endOfChunks, parseAnswer } from './answer.ts';

/** Nobody reads an answer's body; a longer one, head included, costs the connection. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** The answer has so many ticks for its body once its head is there. */
const BODY_TICKS = 2;

/** How long, in ticks of the caller's timer, a connection may be without news. */
export interface ConnectionLimits {
  readonly connectTicks: number;
  readonly answerTicks: number;
}

/** What a connection tells its owner. */
export interface ConnectionOwner {
  /** It is free for another request. */
  onFree(connection: Connection): void;
  /** It is gone. */
  onGone(connection: Connection): void;
}

interface Asker {
  resolve(response: TransportResponse): void;
  reject(error: Error): void;
}

/** One keep-alive connection: a request at a time, of whose answer only the head counts (RFC 9112). */
export class Connection {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #isConnected = false;
  #isGone = false;
  #asker: Asker | undefined;
  #answer: Answer | undefined;
  #text = '';
  #ticks = 0;
  #idleTicks = 0;

  /** @param open makes the socket, which gives what it reads to `receive` */
  constructor(open: (receive: (text: string) => void) => Socket, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = open((text) => this.#receive(text));
    // It must never keep the process alive.
    this.#socket
      .unref()
      .on('error', (error: Error) => this.destroy(error))
      .on('close', () => this.destroy(new Error('the connection was closed before an answer')));
  }

  /** The connection, with TLS if it has that, is made. */
  connected(): void {
    this.#isConnected = true;
    this.#ticks = 0;
  }

  /** Sends a request on a free connection. Answers whether all of it has left, so that its array may be used again. */
  send(request: Uint8Array, asker: Asker): boolean {
    this.#asker = asker;
    this.#ticks = 0;
    this.#socket.write(request);
    return this.#socket.writableLength === 0;
  }

  /** Time passes. Turns of a timer and no clock: a process that was frozen is to see the answers that came meanwhile (R33). */
  tick({ connectTicks, answerTicks }: ConnectionLimits): void {
    this.#ticks++;
    if (this.#asker === undefined) {
      if (this.#ticks >= (this.#answer === undefined ? this.#idleTicks : BODY_TICKS)) this.destroy(new Error('idle'));
    } else if (!this.#isConnected) {
      if (this.#ticks >= connectTicks) this.destroy(new Error('no connection in time'));
    } else if (this.#ticks >= answerTicks) {
      this.destroy(new Error('no answer in time'));
    }
  }

  /** Ends it; who waits for an answer gets the error. */
  destroy(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#owner.onGone(this);
    this.#asker?.reject(error);
    this.#asker = undefined;
  }

  #receive(text: string): void {
    if (this.#isGone) return;
    this.#text = this.#text === '' ? text : this.#text + text;
    try {
      if (this.#answer === undefined) this.#readHead();
      if (this.#answer !== undefined) this.#readBody(this.#answer);
      else if (this.#text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #readHead(): void {
    if (this.#asker === undefined) throw new Error('an answer that nobody asked for');
    let answer = parseAnswer(this.#text);
    while (answer !== undefined && answer.status < 200) {
      if (answer.status === 101) throw new Error('the server wants another protocol');
      this.#text = this.#text.slice(answer.length);
      answer = parseAnswer(this.#text);
    }
    this.#answer = answer;
  }

  /** The answer counts from its head on: whatever goes wrong with the body costs the connection and nothing else. */
  #readBody(answer: Answer): void {
    const asker = this.#asker;
    this.#asker = undefined;
    asker?.resolve(answer);
    const end = answer.body === 'chunked' ? endOfChunks(this.#text, answer.length) : answer.length + (answer.body ?? Infinity);
    const received = this.#text.length;
    const isLost = answer.keepAliveSeconds === 0 || (end ?? received) > MAX_ANSWER_BYTES || (end ?? received) < received;
    if (isLost || (end === received && this.#socket.writableLength > 0)) throw new Error('the connection cannot be used again');
    if (end === received) this.#free(answer);
    else if (asker !== undefined) this.#ticks = 0;
  }

  /** A second less than the server keeps it: a request may not meet its end. */
  #free({ keepAliveSeconds }: Answer): void {
    this.#answer = undefined;
    this.#text = '';
    this.#ticks = 0;
    this.#idleTicks = Math.max(1, keepAliveSeconds - 1);
    this.#owner.onFree(this);
  }
}
