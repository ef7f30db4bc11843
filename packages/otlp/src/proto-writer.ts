const FIRST_BYTES = 64 * 1024;
/** From here on the runtime's encoder is faster than a loop (Node 20). */
const LONG_TEXT = 48;
const TWO_32 = 2 ** 32;
const INT64_END = 2 ** 63;

/** Writes the wire format of protobuf into an array that is used again: https://protobuf.dev/programming-guides/encoding/ */
export class ProtoWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  readonly #encoder = new TextEncoder();
  #at = 0;

  /** A copy of what was written since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const copy = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return copy;
  }

  /** Begins a message or a list within; `end` takes the answer. */
  begin(tag: number): number {
    this.#reserve(2);
    this.#bytes[this.#at++] = tag;
    return this.#at++;
  }

  /** Puts the length in front of what was written since `begin`. One byte is kept for it, most need no more. */
  end(start: number): void {
    const length = this.#at - start - 1;
    if (length < 0x80) {
      this.#bytes[start] = length;
      return;
    }
    const more = varintBytes(length) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(start + 1 + more, start + 1, this.#at);
    const end = this.#at + more;
    this.#at = start;
    this.#varint(length);
    this.#at = end;
  }

  /** A message that is written already. */
  message(tag: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length + 6);
    this.#bytes[this.#at++] = tag;
    this.#varint(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  text(tag: number, text: string): void {
    const { length } = text;
    this.#reserve(length * 3 + 6);
    const bytes = this.#bytes;
    bytes[this.#at++] = tag;
    if (length < LONG_TEXT) {
      const start = this.#at + 1;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        bytes[start + i] = code;
      }
      if (i === length) {
        bytes[this.#at] = length;
        this.#at = start + length;
        return;
      }
    }
    this.#longText(text);
  }

  /** An id of hex digits, as bytes. */
  id(tag: number, hex: string): void {
    const length = hex.length >> 1;
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = tag;
    bytes[at++] = length;
    for (let i = 0; i < hex.length; i += 2) bytes[at++] = (digit(hex.charCodeAt(i)) << 4) | digit(hex.charCodeAt(i + 1));
    this.#at = at;
  }

  /** A number below 128. */
  small(tag: number, value: number): void {
    this.#reserve(2);
    this.#bytes[this.#at++] = tag;
    this.#bytes[this.#at++] = value;
  }

  fixed32(tag: number, value: number): void {
    this.#reserve(6);
    this.#varint(tag);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Microseconds as nanoseconds of 64 bits, for which a double has too few. */
  nanoseconds(tag: number, us: number): void {
    this.#reserve(9);
    const high = Math.floor(us / TWO_32);
    const low = (us - high * TWO_32) * 1000;
    this.#bytes[this.#at++] = tag;
    this.#view.setUint32(this.#at, low % TWO_32, true);
    this.#view.setUint32(this.#at + 4, high * 1000 + Math.floor(low / TWO_32), true);
    this.#at += 8;
  }

  /** A whole number of 64 bits under the first tag; what is none or has more under the second, as a double. */
  number(intTag: number, doubleTag: number, value: number): void {
    this.#reserve(11);
    if (Number.isInteger(value) && value >= -INT64_END && value < INT64_END) {
      this.#bytes[this.#at++] = intTag;
      if (value >= 0 && value < TWO_32) this.#varint(value);
      else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
    } else {
      this.#bytes[this.#at++] = doubleTag;
      this.#view.setFloat64(this.#at, value, true);
      this.#at += 8;
    }
  }

  #longText(text: string): void {
    const start = this.#at;
    // Behind the longest length that it can have.
    const behind = start + varintBytes(text.length * 3);
    const { written } = this.#encoder.encodeInto(text, this.#bytes.subarray(behind));
    this.#varint(written);
    if (this.#at !== behind) this.#bytes.copyWithin(this.#at, behind, behind + written);
    this.#at += written;
  }

  #varint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #bigVarint(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** Digits are 0x30 to 0x39, letters, of either case, end in 1 to 6. */
function digit(code: number): number {
  return (code & 15) + (code >> 6) * 9;
}
