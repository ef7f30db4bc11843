import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { malformed, Refusal } from '../intake/refusal.ts';

/** What a request may have on the wire. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024;
/** Up to here a body that is too large is read and thrown away, so that the sender gets its 413; beyond, the connection ends. */
const MAX_DISCARDED_BYTES = 100 * 1024 * 1024;
/** What a request may unpack to; well above the largest item the real server takes. */
export const MAX_UNPACKED_BYTES = 40 * 1024 * 1024;

type Unpack = (packed: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

const UNPACKERS: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  deflate: unpackDeflate,
};

/** Reads a request's body, unpacked, within bounds. */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpack = UNPACKERS[encoding];
  if (unpack === undefined && encoding !== 'identity' && encoding !== '') {
    throw new Refusal(415, `content-encoding ${encoding} is not supported; use gzip, deflate, br or none`);
  }
  const body = await readWire(request);
  if (unpack === undefined) return body;
  try {
    return await unpack(body, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(413, `the body unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
    throw malformed(`the body is not ${encoding}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads what is on the wire. Of a body that is too large the rest is discarded, as an answer sent meanwhile would be lost. */
async function readWire(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = Math.max(0, Number(request.headers['content-length'] ?? 0) - MAX_DISCARDED_BYTES);
  if (size > 0) throw tooLarge();
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_DISCARDED_BYTES) throw tooLarge();
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(chunks, size);
}

function tooLarge(): Refusal {
  return new Refusal(413, `the body has more than ${MAX_BODY_BYTES} bytes`);
}

/** `deflate` means the zlib format; many senders leave its two header bytes out. */
function unpackDeflate(packed: Uint8Array, options: { maxOutputLength: number }): Promise<Uint8Array> {
  const [first = 0, second = 0] = packed;
  const hasHeader = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  return (promisify(hasHeader ? inflate : inflateRaw) as Unpack)(packed, options);
}
