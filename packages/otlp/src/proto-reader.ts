/** A field of a message whose content is bytes. */
interface BytesField {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The fields of a message that has no others than of bytes, with tags of one byte: https://protobuf.dev/programming-guides/encoding/ */
export function readBytesFields(message: Uint8Array): BytesField[] {
  const fields: BytesField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = message[at++]!;
    let length = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = message[at++]!;
      length += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    fields.push({ tag, content: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
