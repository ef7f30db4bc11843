const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with each lone surrogate replaced by U+FFFD: they have no UTF-8 form, and servers refuse their escapes. */
export function wellFormed(text: string): string {
  // Hardly any text has surrogates, and looking is cheaper than the expression.
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0xd800) return text.replace(LONE_SURROGATE, '\ufffd');
  return text;
}

/** Bytes of the text in UTF-8, where a lone surrogate counts as U+FFFD (3 bytes), as it will be sent. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    // A pair is two units and four bytes.
    if (isPair(text, i)) i++;
  }
  return bytes;
}

/** The longest beginning of the text that fits into `maxBytes` of UTF-8, cut at a character boundary. */
export function cutUtf8(text: string, maxBytes: number): string {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const pair = isPair(text, i);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3;
    if (bytes > maxBytes) return text.slice(0, i);
    if (pair) i++;
  }
  return text;
}

function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
