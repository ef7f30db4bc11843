const POOL_BYTES = 4096;

/** Makes random ids from the platform's cryptographic source, drawn in blocks: one draw per id would cost 25 times as much. */
export class IdSource {
  readonly #fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #pool = new Uint8Array(POOL_BYTES);
  readonly #words = new Uint32Array(this.#pool.buffer);
  #next = POOL_BYTES;

  constructor(fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#fillRandom = fillRandom;
  }

  /** 16 lower-case hex digits, not all zero. */
  spanId(): string {
    const id = this.#hex8();
    return id === ZERO ? ONE : id;
  }

  /** 32 lower-case hex digits, not all zero. */
  newTraceId(): string {
    const at = this.#take(16);
    const codes: number[] = [];
    for (const byte of this.#pool.subarray(at, at + 16)) codes.push(DIGIT[byte >> 4]!, DIGIT[byte & 15]!);
    // Joined from two it would be kept as three strings, 96 bytes instead of 48.
    const id = String.fromCharCode(...codes);
    return id.endsWith(ZERO) ? id.slice(0, 16) + ONE : id;
  }

  /** Uniform in [0, 1). */
  random(): number {
    return this.#words[this.#take(4) >> 2]! / 0x1_0000_0000;
  }

  #take(count: number): number {
    if (this.#next + count > POOL_BYTES) {
      this.#fillRandom(this.#pool);
      this.#next = 0;
    }
    const at = this.#next;
    this.#next += count;
    return at;
  }

  /** One call with all the codes makes a flat string in half the time that joining two-digit pieces takes (32 ns against 69). */
  #hex8(): string {
    const at = this.#take(8);
    const p = this.#pool;
    const [a, b, c, d] = [p[at]!, p[at + 1]!, p[at + 2]!, p[at + 3]!];
    const [e, f, g, h] = [p[at + 4]!, p[at + 5]!, p[at + 6]!, p[at + 7]!];
    // prettier-ignore
    return String.fromCharCode(
      DIGIT[a >> 4]!, DIGIT[a & 15]!, DIGIT[b >> 4]!, DIGIT[b & 15]!, DIGIT[c >> 4]!, DIGIT[c & 15]!, DIGIT[d >> 4]!, DIGIT[d & 15]!,
      DIGIT[e >> 4]!, DIGIT[e & 15]!, DIGIT[f >> 4]!, DIGIT[f & 15]!, DIGIT[g >> 4]!, DIGIT[g & 15]!, DIGIT[h >> 4]!, DIGIT[h & 15]!,
    );
  }
}

/** One half of a span's id, 0 or 1, as a number. */
export function idHalf(spanId: string, half: number): number {
  let value = 0;
  for (let i = half * 8; i < half * 8 + 8; i++) {
    const code = spanId.charCodeAt(i);
    value = (value << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return value >>> 0;
}

const DIGIT = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const ZERO = '0000000000000000';
/** As likely as any other; asking again would never end where tests replace the source by zeros. */
const ONE = '0000000000000001';
