import type { Platform } from '../platform.ts';

/** Something to be done at a time, unless it has become pointless before. */
export interface Waiting {
  readonly isPending: boolean;
  /** Its time has come. */
  due(): void;
}

/**
 * All deadlines on one timer (R15). Each lane holds deadlines of one fixed delay, so each is sorted by arrival, and adding
 * or taking costs the same however many wait.
 */
export class Deadlines {
  readonly #platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'monotonicMs'>;
  readonly #lanes: Lane[] = [];
  #timer: unknown;
  #timerDueMs = Infinity;

  constructor(platform: Pick<Platform, 'setTimer' | 'clearTimer' | 'monotonicMs'>) {
    this.#platform = platform;
  }

  /**
   * A lane for what is equally far away when added; answers with the function that adds.
   * @param maxWaiting beyond so many the first is due before its time
   */
  addLane(delayMs: number, maxWaiting = Infinity): (waiting: Waiting, nowMs: number) => void {
    const lane = new Lane();
    this.#lanes.push(lane);
    return (waiting, nowMs) => {
      lane.push(waiting, nowMs + delayMs);
      if (lane.waitingLength > maxWaiting) lane.shift()?.due();
      if (nowMs + delayMs < this.#timerDueMs) this.#arm(nowMs + delayMs);
    };
  }

  /** How many it remembers, pointless ones included. */
  get length(): number {
    return this.#lanes.reduce((length, lane) => length + lane.length, 0);
  }

  /** Drops the timer when nothing waits any more. */
  settle(): void {
    if (this.#timerDueMs !== Infinity && this.#nextDueMs() === Infinity) this.#disarm();
  }

  #arm(dueMs: number): void {
    this.#disarm();
    this.#timerDueMs = dueMs;
    this.#timer = this.#platform.setTimer(() => this.#fire(), Math.max(0, Math.ceil(dueMs - this.#platform.monotonicMs())));
  }

  #disarm(): void {
    if (this.#timerDueMs !== Infinity) this.#platform.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
  }

  #fire(): void {
    this.#timerDueMs = Infinity;
    const nowMs = this.#platform.monotonicMs();
    for (const lane of this.#lanes) {
      while (lane.nextDueMs() <= nowMs) lane.shift()?.due();
    }
    const nextMs = this.#nextDueMs();
    if (nextMs < this.#timerDueMs) this.#arm(nextMs);
  }

  #nextDueMs(): number {
    return this.#lanes.reduce((nextMs, lane) => Math.min(nextMs, lane.nextDueMs()), Infinity);
  }
}

const MIN_LANE_LENGTH = 64;

/** A queue whose front is cut off in blocks: `Array.shift` would move all that wait each time. */
class Lane {
  #waiting: (Waiting | undefined)[] = [];
  #dueMs: number[] = [];
  #head = 0;
  /** At this length what has become pointless is let go. */
  #fullLength = MIN_LANE_LENGTH;

  push(waiting: Waiting, dueMs: number): void {
    if (this.#waiting.length >= this.#fullLength) this.#compact();
    this.#waiting.push(waiting);
    this.#dueMs.push(dueMs);
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** How many wait, with the pointless ones behind the first that still matters. */
  get waitingLength(): number {
    while (this.#head < this.#waiting.length && !this.#waiting[this.#head]!.isPending) this.shift();
    return this.#waiting.length - this.#head;
  }

  /** When the first that still matters is due. */
  nextDueMs(): number {
    return this.waitingLength === 0 ? Infinity : this.#dueMs[this.#head]!;
  }

  shift(): Waiting | undefined {
    const first = this.#waiting[this.#head];
    this.#waiting[this.#head++] = undefined;
    if (this.#head === this.#waiting.length) this.#compact();
    return first;
  }

  /** Behind one that waits long there may be many that became pointless: the lane is never twice as long as what waits. */
  #compact(): void {
    const dueMs = this.#dueMs;
    this.#dueMs = dueMs.filter((_, i) => this.#waiting[i]?.isPending === true);
    this.#waiting = this.#waiting.filter((waiting) => waiting?.isPending === true);
    this.#head = 0;
    this.#fullLength = Math.max(MIN_LANE_LENGTH, this.#waiting.length * 2);
  }
}
