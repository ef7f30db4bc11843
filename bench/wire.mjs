import { decode } from '@msgpack/msgpack';

const NEWLINE = 0x0a;

/** How many spans a request body carries, without building them. */
export function countSpans(protocol, body) {
  if (protocol === 'envelope') return countEnvelope(body);
  if (protocol === 'otlp') return countOtlp(body);
  return countMsgpack(protocol, body);
}

/** Every span of a request body in one shape, for checking that the adapters do the same work. */
export function readSpans(protocol, body, problems) {
  if (protocol === 'envelope') return [...readEnvelope(body, problems)];
  if (protocol === 'otlp') return [...readOtlp(body)];
  return [...readMsgpack(protocol, body)];
}

function* envelopeItems(body) {
  let offset = body.indexOf(NEWLINE) + 1;
  while (offset > 0 && offset < body.length) {
    let end = body.indexOf(NEWLINE, offset);
    if (end < 0) return;
    const header = JSON.parse(body.toString('utf8', offset, end));
    offset = end + 1;
    if (typeof header.length === 'number') end = offset + header.length;
    else end = body.indexOf(NEWLINE, offset);
    if (end < 0) end = body.length;
    yield { header, start: offset, end };
    offset = end + 1;
  }
}

function countEnvelope(body) {
  let spans = 0;
  for (const { header, start, end } of envelopeItems(body)) {
    if (header.type === 'span') spans += header.item_count;
    else if (header.type === 'transaction') spans += occurrences(body.subarray(start, end), '"span_id":');
  }
  return spans;
}

// One in contexts.trace and one in each child; `"parent_span_id":` does not match because of the leading quote.
function occurrences(body, text) {
  let count = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) count += 1;
  return count;
}

function* readEnvelope(body, problems) {
  const envelope = JSON.parse(body.toString('utf8', 0, body.indexOf(NEWLINE)));
  for (const { header, start, end } of envelopeItems(body)) {
    if (header.type !== 'span' && header.type !== 'transaction') continue;
    const payload = JSON.parse(body.toString('utf8', start, end));
    if (header.type === 'span') {
      if (payload.items.length !== header.item_count) problems.push('item_count differs from the number of items');
      for (const span of payload.items) {
        if (span.trace_id !== envelope.trace?.trace_id) problems.push('span of another trace in the envelope');
        yield {
          traceId: span.trace_id,
          spanId: span.span_id,
          parentId: span.parent_span_id,
          durationMs: (span.end_timestamp - span.start_timestamp) * 1000,
          kind: span.attributes['bench.kind']?.value,
          index: span.attributes['bench.index']?.value,
          flag: span.attributes['bench.flag']?.value,
        };
      }
    } else {
      const { trace } = payload.contexts;
      const all = [{ ...trace, start_timestamp: payload.start_timestamp, timestamp: payload.timestamp }, ...payload.spans];
      for (const span of all) {
        yield {
          traceId: trace.trace_id,
          spanId: span.span_id,
          parentId: span.parent_span_id,
          durationMs: (span.timestamp - span.start_timestamp) * 1000,
          kind: span.data?.['bench.kind'],
          index: span.data?.['bench.index'],
          flag: span.data?.['bench.flag'],
        };
      }
    }
  }
}

/** The length-delimited fields of a protobuf message; varints and fixed fields come with their value. */
function* protobufFields(body, start = 0, end = body.length) {
  let at = start;
  const varint = () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = body[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < end) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const type = tag & 7;
    if (type === 0) yield { field, value: varint() };
    else if (type === 1) {
      yield { field, value: Number(body.readBigUInt64LE(at)) };
      at += 8;
    } else if (type === 5) {
      yield { field, value: body.readUInt32LE(at) };
      at += 4;
    } else if (type === 2) {
      const length = varint();
      yield { field, start: at, end: at + length };
      at += length;
    } else throw new Error(`protobuf wire type ${type}`);
  }
}

function* otlpSpans(body) {
  for (const resource of protobufFields(body)) {
    if (resource.field !== 1) continue;
    for (const scope of protobufFields(body, resource.start, resource.end)) {
      if (scope.field !== 2) continue;
      for (const span of protobufFields(body, scope.start, scope.end)) if (span.field === 2) yield span;
    }
  }
}

function countOtlp(body) {
  let spans = 0;
  for (const _ of otlpSpans(body)) spans += 1;
  return spans;
}

function* readOtlp(body) {
  for (const span of otlpSpans(body)) {
    const read = { attributes: {} };
    for (const { field, value, start, end } of protobufFields(body, span.start, span.end)) {
      if (field === 1) read.traceId = body.toString('hex', start, end);
      else if (field === 2) read.spanId = body.toString('hex', start, end);
      else if (field === 4 && end > start) read.parentId = body.toString('hex', start, end);
      else if (field === 7) read.startedAt = value;
      else if (field === 8) read.durationMs = (value - read.startedAt) / 1e6;
      else if (field === 9) {
        let key;
        let found;
        for (const part of protobufFields(body, start, end)) {
          if (part.field === 1) key = body.toString('utf8', part.start, part.end);
          else
            for (const any of protobufFields(body, part.start, part.end))
              found = any.field === 1 ? body.toString('utf8', any.start, any.end) : any.field === 2 ? any.value === 1 : any.value;
        }
        read.attributes[key] = found;
      }
    }
    yield {
      ...read,
      kind: read.attributes['bench.kind'],
      index: read.attributes['bench.index'],
      flag: read.attributes['bench.flag'],
    };
  }
}

function countMsgpack(protocol, body) {
  let at = 0;
  const length = (fix, mask, wide16, wide32) => {
    const byte = body[at++];
    if (byte >= fix && byte <= fix + mask) return byte & mask;
    if (byte === wide16) return body.readUInt16BE((at += 2) - 2);
    if (byte === wide32) return body.readUInt32BE((at += 4) - 4);
    throw new Error(`msgpack byte ${byte} is no container`);
  };
  const array = () => length(0x90, 0x0f, 0xdc, 0xdd);
  const skip = () => {
    const byte = body[at++];
    if (byte < 0x80 || byte >= 0xe0 || byte === 0xc0 || byte === 0xc2 || byte === 0xc3) return;
    if (byte >= 0xa0 && byte <= 0xbf) at += byte & 0x1f;
    else if (byte <= 0x8f) skipMany((byte & 0x0f) * 2);
    else if (byte <= 0x9f) skipMany(byte & 0x0f);
    else if (byte === 0xc4 || byte === 0xd9) at += 1 + body[at];
    else if (byte === 0xc5 || byte === 0xda) at += 2 + body.readUInt16BE(at);
    else if (byte === 0xc6 || byte === 0xdb) at += 4 + body.readUInt32BE(at);
    else if (byte === 0xca || byte === 0xce || byte === 0xd2) at += 4;
    else if (byte === 0xcb || byte === 0xcf || byte === 0xd3) at += 8;
    else if (byte === 0xcc || byte === 0xd0) at += 1;
    else if (byte === 0xcd || byte === 0xd1) at += 2;
    else if (byte === 0xdc) skipMany(body.readUInt16BE((at += 2) - 2));
    else if (byte === 0xdd) skipMany(body.readUInt32BE((at += 4) - 4));
    else if (byte === 0xde) skipMany(body.readUInt16BE((at += 2) - 2) * 2);
    else if (byte === 0xdf) skipMany(body.readUInt32BE((at += 4) - 4) * 2);
    else throw new Error(`msgpack byte ${byte}`);
  };
  const skipMany = (count) => {
    for (let i = 0; i < count; i += 1) skip();
  };
  if (protocol === 'dd05') {
    array();
    skip();
  }
  const traces = array();
  let spans = 0;
  for (let i = 0; i < traces; i += 1) {
    const inTrace = array();
    spans += inTrace;
    skipMany(inTrace);
  }
  if (at !== body.length) throw new Error('msgpack body has a remainder');
  return spans;
}

function* readMsgpack(protocol, body) {
  const decoded = decode(body, { useBigInt64: true });
  const [strings, traces] = protocol === 'dd05' ? decoded : [undefined, decoded];
  for (const trace of traces) {
    for (const raw of trace) {
      const text = (index) => strings[Number(index)];
      const named = (map, value) => Object.fromEntries([...Object.entries(map)].map(([key, v]) => [text(key), value(v)]));
      const span = strings
        ? {
            trace_id: raw[3],
            span_id: raw[4],
            parent_id: raw[5],
            duration: raw[7],
            meta: named(raw[9], text),
            metrics: named(raw[10], Number),
          }
        : raw;
      const flag = span.meta['bench.flag'] ?? span.metrics['bench.flag'];
      yield {
        traceId: String(span.trace_id),
        spanId: String(span.span_id),
        parentId: BigInt(span.parent_id) === 0n ? undefined : String(span.parent_id),
        durationMs: Number(span.duration) / 1e6,
        kind: span.meta['bench.kind'],
        index: Number(span.metrics['bench.index']),
        // Datadog's wire has no booleans: they travel as text or as 1 and 0.
        flag: flag === undefined ? undefined : flag === 'true' || flag === 1 || flag === 1n,
      };
    }
  }
}
