/** Waiting spans of all traces are written one behind the other into arrays of this size. */
export const SLAB_BYTES = 64 * 1024;
/** Arrays for envelopes have lengths in steps, so that one fits the next envelope of about the same size. */
const SMALL_STEP_BYTES = 4 * 1024;
const STEP_BYTES = 16 * 1024;

/** One array of waiting spans; used again when none of them is left. */
export class Slab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Spans that still wait in it. */
  live = 0;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * Arrays that were let go of, for the next use. New ones would be cleared first and count as external memory, for which V8
 * collects the whole heap far too often (Node 20: 70 full collections in 1,200,000 spans, none with the pool).
 */
export class SlabPool {
  readonly #maxFreeBytes: number;
  readonly #reusesOutputs: boolean;
  readonly #free: Slab[] = [];
  readonly #freeOutputs: Uint8Array<ArrayBuffer>[] = [];
  #freeBytes = 0;

  /**
   * @param maxFreeBytes what may lie idle, at most
   * @param reusesOutputs not with a transport of the application's own, which may keep what it was given
   */
  constructor(maxFreeBytes: number, reusesOutputs: boolean) {
    this.#maxFreeBytes = maxFreeBytes;
    this.#reusesOutputs = reusesOutputs;
  }

  /** A slab with room for so many bytes. */
  take(byteLength: number): Slab {
    if (byteLength > SLAB_BYTES) return new Slab(byteLength);
    const slab = this.#free.pop();
    if (slab === undefined) return new Slab(SLAB_BYTES);
    this.#freeBytes -= SLAB_BYTES;
    return slab;
  }

  /** Takes back a slab that nothing waits in. */
  giveBack(slab: Slab): void {
    if (slab.bytes.length !== SLAB_BYTES || this.#freeBytes + SLAB_BYTES > this.#maxFreeBytes) return;
    this.#free.push(slab);
    this.#freeBytes += SLAB_BYTES;
  }

  /** An array for an envelope of so many bytes. */
  takeOutput(byteLength: number): Uint8Array<ArrayBuffer> {
    const output = this.#freeOutputs.pop();
    if (output !== undefined) this.#freeBytes -= output.length;
    if (output !== undefined && output.length >= byteLength) return output;
    const step = byteLength < 2 * STEP_BYTES ? SMALL_STEP_BYTES : STEP_BYTES;
    return new Uint8Array(Math.ceil(byteLength / step) * step);
  }

  /** Takes back an array that nobody reads any more. */
  giveBackOutput(output: Uint8Array<ArrayBuffer>): void {
    if (!this.#reusesOutputs || this.#freeBytes + output.length > this.#maxFreeBytes) return;
    this.#freeOutputs.push(output);
    this.#freeBytes += output.length;
  }
}
