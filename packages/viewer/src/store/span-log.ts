import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isJsonObject } from '../intake/json-shape.ts';
import type { ViewerSpan } from '../span-record.ts';

/** A file that spans are appended to, one JSON object a line. */
export interface SpanLog {
  append(json: string): void;
  /** Resolves once all lines are with the operating system. */
  close(): Promise<void>;
}

/** What may wait for the disk before lines are left out. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Opens a file for appending; rejects when it cannot be opened. Later faults are told once and end the log. */
export async function openSpanLog(path: string, onFault: (reason: string) => void): Promise<SpanLog> {
  const file = createWriteStream(path, { flags: 'a' });
  await once(file, 'open');
  let faulty = false;
  const fail = (reason: string): void => {
    if (!faulty) onFault(reason);
    faulty = true;
  };
  file.on('error', (error) => fail(`the log ${path} cannot be written: ${error.message}`));
  return {
    append(json) {
      if (faulty) return;
      if (file.writableLength > MAX_WAITING_BYTES) fail(`the log ${path} is too slow; lines are left out from here on`);
      else file.write(`${json}\n`);
    },
    async close() {
      if (file.destroyed) return;
      const closed = once(file, 'close');
      file.end();
      await closed;
    },
  };
}

/** Reads a log back span by span. Lines that hold no span are counted, since a crash may have cut the last one. */
export async function loadSpanLog(path: string, onSpan: (span: ViewerSpan) => void): Promise<{ loaded: number; unreadable: number }> {
  const input = createReadStream(path, 'utf8');
  await once(input, 'open');
  let loaded = 0;
  let unreadable = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const span = parseLine(line);
    if (span === undefined) unreadable++;
    else {
      onSpan(span);
      loaded++;
    }
  }
  return { loaded, unreadable };
}

function parseLine(line: string): ViewerSpan | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Counted by the caller as unreadable.
    return undefined;
  }
  return isSpan(value) ? value : undefined;
}

function isSpan(value: unknown): value is ViewerSpan {
  if (!isJsonObject(value)) return false;
  const texts = ['trace_id', 'span_id', 'name', 'service'].every((key) => typeof value[key] === 'string');
  const times = ['start_timestamp', 'end_timestamp', 'received_at'].every((key) => typeof value[key] === 'number');
  return texts && times && isJsonObject(value['attributes']);
}
