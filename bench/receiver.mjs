/**
 * The loopback backend, a process of its own. It answers at once and keeps what came; spans are counted only when asked,
 * after the sending process is gone, so that counting never competes with the process being measured.
 */
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { countSpans, readSpans } from './wire.mjs';

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

let received = [];
let bytes = 0;

const protocolOf = (path) =>
  path.includes('/envelope/')
    ? 'envelope'
    : path.startsWith('/v1/traces')
      ? 'otlp'
      : path.startsWith('/v0.4/traces')
        ? 'dd04'
        : path.startsWith('/v0.5/traces')
          ? 'dd05'
          : undefined;

const server = createServer((request, response) => {
  const protocol = protocolOf(request.url);
  const chunks = [];
  request.on('data', (chunk) => {
    if (protocol) chunks.push(chunk);
  });
  request.on('end', () => {
    if (protocol === undefined) {
      response.writeHead(404, { 'content-length': 2 });
      response.end('{}');
      return;
    }
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    bytes += body.length;
    received.push({ protocol, encoding: request.headers['content-encoding'], body });
    if (protocol === 'otlp') {
      response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
      response.end();
    } else {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 });
      response.end('{}');
    }
  });
});
server.keepAliveTimeout = 120_000;
server.requestTimeout = 0;

// Accepts and reads, never answers.
const hanging = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});

async function summarise(verify) {
  const summary = { spans: 0, requests: received.length, bytes, unreadable: 0, problems: [] };
  const all = [];
  for (const { protocol, encoding, body } of received) {
    try {
      const plain = encoding && encoding !== 'identity' ? await decoders[encoding](body) : body;
      summary.spans += countSpans(protocol, plain);
      if (verify) all.push(...readSpans(protocol, plain, summary.problems));
    } catch (error) {
      summary.unreadable += 1;
      if (summary.problems.length < 10) summary.problems.push(String(error));
    }
  }
  if (verify) summary.verified = judge(all);
  received = [];
  bytes = 0;
  return summary;
}

function judge(spans) {
  const ids = new Set(spans.map((span) => span.spanId));
  const traces = new Set(spans.map((span) => span.traceId));
  let roots = 0;
  let orphans = 0;
  let withAttributes = 0;
  let backwards = 0;
  for (const span of spans) {
    if (!span.parentId) roots += 1;
    else if (!ids.has(span.parentId)) orphans += 1;
    if (typeof span.kind === 'string' && Number.isInteger(span.index) && typeof span.flag === 'boolean') withAttributes += 1;
    if (!(span.durationMs >= 0)) backwards += 1;
  }
  return { spans: spans.length, distinct: ids.size, traces: traces.size, roots, orphans, withAttributes, backwards };
}

process.on('message', async ({ id, command, verify }) => {
  if (command === 'collect') process.send({ id, summary: await summarise(verify) });
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  hanging.listen(0, '127.0.0.1', () => {
    process.send({ port: server.address().port, hangingPort: hanging.address().port });
  });
});
