import type { Socket } from 'node:net';
import type { TransportRequest, TransportResponse } from '@spanstream/core';
import { type Answer, endOfChunks, parseAnswer, readBody } from './answer.ts';

/** An answer, head included, that is longer costs the connection. */
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
  /** An answer's head has come, so long after its request left. */
  onAnswer(answer: Answer, waitedMs: number): void;
  /** It is free for other requests. */
  onFree(connection: Connection): void;
  /** It is gone. */
  onGone(connection: Connection): void;
  /** It is gone, and these were not looked at. @param wasAnnounced the last answer had said that it would be the last */
  onUnanswered(posts: readonly Post[], wasAnnounced: boolean): void;
}

/** A request, and who waits for its answer. */
export interface Post {
  readonly request: TransportRequest;
  readonly isGzip: boolean;
  resolve(response: TransportResponse): void;
  reject(error: Error): void;
}

/** One keep-alive connection: a group of requests at a time, of whose answers mostly only the heads count (RFC 9112). */
export class Connection {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #isConnected = false;
  #isGone = false;
  /** Sent and without an answer, in order. */
  #posts: Post[] = [];
  #answer: Answer | undefined;
  readonly #readsBodies: boolean;
  /** Waits for the body of the answer whose head is there. */
  #reading: Post | undefined;
  #text = '';
  #ticks = 0;
  #idleTicks = 0;
  #sentMs = 0;

  /** @param open makes the socket, which gives what it reads to `receive` */
  constructor(open: (receive: (text: string) => void) => Socket, owner: ConnectionOwner, readsBodies = false) {
    this.#owner = owner;
    this.#readsBodies = readsBodies;
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
    this.#sentMs = performance.now();
  }

  /** Sends requests, one behind the other, on a free connection. Answers whether all of it has left, so that its array may be used again. */
  send(bytes: Uint8Array, posts: Post[]): boolean {
    this.#posts = posts;
    this.#ticks = 0;
    this.#sentMs = performance.now();
    this.#socket.write(bytes);
    return this.#socket.writableLength === 0;
  }

  /** Time passes. Turns of a timer and no clock: a process that was frozen is to see the answers that came meanwhile (R33). */
  tick({ connectTicks, answerTicks }: ConnectionLimits): void {
    this.#ticks++;
    if (this.#answer !== undefined) {
      if (this.#ticks >= BODY_TICKS) this.destroy(new Error('no end of the answer in time'), true);
    } else if (this.#posts.length === 0) {
      if (this.#ticks >= this.#idleTicks) this.destroy(new Error('idle'));
    } else if (!this.#isConnected) {
      if (this.#ticks >= connectTicks) this.destroy(new Error('no connection in time'));
    } else if (this.#ticks >= answerTicks) {
      this.destroy(new Error('no answer in time'));
    }
  }

  /** Ends it; whose request may have been worked on gets the error. @param isAfterAnswer none was: the last answer is the last */
  destroy(error: Error, isAfterAnswer = false): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#owner.onGone(this);
    if (this.#answer !== undefined) this.#reading?.resolve(this.#wholeBody(this.#answer) ?? this.#answer);
    const posts = this.#posts;
    const lost = !this.#isConnected ? posts.length : isAfterAnswer ? 0 : 1;
    for (const post of posts.slice(0, lost)) post.reject(error);
    if (posts.length > lost) this.#owner.onUnanswered(posts.slice(lost), this.#answer?.keepAliveSeconds === 0);
    this.#posts = [];
  }

  #receive(text: string): void {
    this.#text = this.#text === '' ? text : this.#text + text;
    try {
      while (this.#text !== '' && !this.#isGone) {
        this.#answer ??= this.#readHead();
        if (this.#answer === undefined || !this.#readBody(this.#answer)) break;
      }
      if (this.#text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    } catch (error) {
      this.destroy(error as Error, this.#answer !== undefined);
    }
  }

  /** The answer counts from its head on: whatever goes wrong with the body costs the connection and nothing else. */
  #readHead(): Answer | undefined {
    if (this.#posts.length === 0) throw new Error('an answer that nobody asked for');
    let answer = parseAnswer(this.#text);
    while (answer !== undefined && answer.status < 200) {
      if (answer.status === 101) throw new Error('the server wants another protocol');
      this.#text = this.#text.slice(answer.length);
      answer = parseAnswer(this.#text);
    }
    if (answer === undefined) return undefined;
    this.#ticks = 0;
    this.#owner.onAnswer(answer, performance.now() - this.#sentMs);
    const post = this.#posts.shift();
    if (this.#readsBodies) this.#reading = post;
    else post?.resolve(answer);
    return answer;
  }

  /** The answer with its body, if that ends with the connection. */
  #wholeBody(answer: Answer): TransportResponse | undefined {
    return answer.body === undefined ? readBody(answer, this.#text, this.#text.length) : undefined;
  }

  /** Whether the answer's body was there to its end. */
  #readBody(answer: Answer): boolean {
    const end = answer.body === 'chunked' ? endOfChunks(this.#text, answer.length) : answer.length + (answer.body ?? Infinity);
    const isWhole = end !== undefined && end <= this.#text.length;
    if (isWhole) {
      this.#reading?.resolve(readBody(answer, this.#text, end));
      this.#reading = undefined;
    }
    const isLast = answer.keepAliveSeconds === 0 || (end ?? 0) > MAX_ANSWER_BYTES;
    if (isLast && this.#reading === undefined) throw new Error('the connection cannot be used again');
    if (!isWhole) return false;
    this.#text = this.#text.slice(end);
    if (this.#posts.length === 0) this.#free(answer);
    else this.#answer = undefined;
    return true;
  }

  /** A second less than the server keeps it: a request may not meet its end. */
  #free({ keepAliveSeconds }: Answer): void {
    // Something unasked has come, or an answer before all was sent.
    if (this.#text !== '' || this.#socket.writableLength > 0) throw new Error('the connection cannot be used again');
    this.#answer = undefined;
    this.#ticks = 0;
    this.#idleTicks = Math.max(1, keepAliveSeconds - 1);
    this.#owner.onFree(this);
  }
}
