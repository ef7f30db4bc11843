import { randomBytes } from 'node:crypto';

const KEY = '0'.repeat(32);
const hex = (bytes) => randomBytes(bytes).toString('hex');

function typed(value) {
  if (Array.isArray(value)) return { type: 'array', value };
  if (typeof value === 'object') return { type: Number.isInteger(value.value) ? 'integer' : 'double', ...value };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'double', value };
  return { type: typeof value, value };
}

/** One envelope as SDKs send it. */
export function spanEnvelope(spans, trace = {}) {
  const header = {
    sent_at: new Date().toISOString(),
    trace: { trace_id: spans[0].trace_id, public_key: KEY, ...trace },
    sdk: { name: 'spanstream.node', version: '0.1.0' },
  };
  const item = { type: 'span', item_count: spans.length, content_type: 'application/vnd.sentry.items.span.v2+json' };
  return [header, item, { version: 2, items: spans }].map((line) => JSON.stringify(line)).join('\n');
}

export async function send(url, body) {
  const response = await fetch(`${url}/api/1/envelope/`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-sentry-envelope' },
  });
  return response.status;
}

/** Builds a trace span by span; times are milliseconds from its start. */
export function createTrace(startedAgoMs = 0) {
  const traceId = hex(16);
  const origin = Date.now() / 1000 - startedAgoMs / 1000;
  const spans = [];
  const add = (parent, service, name, [from, to], attributes = {}, status = 'ok') => {
    const span = {
      trace_id: traceId,
      span_id: hex(8),
      name,
      status,
      is_segment: parent === undefined || parent.service !== service,
      start_timestamp: Math.round((origin + from / 1000) * 1e6) / 1e6,
      end_timestamp: Math.round((origin + to / 1000) * 1e6) / 1e6,
    };
    if (parent !== undefined) span.parent_span_id = parent.id;
    const node = { id: span.span_id, service, span, segment: span.is_segment ? undefined : (parent.segment ?? parent) };
    const segment = node.segment ?? node;
    const all = {
      'service.name': service,
      'sentry.release': `${service}@1.4.0`,
      'sentry.environment': 'development',
      'sentry.segment.id': segment.id,
      'sentry.segment.name': segment.span.name,
      'sentry.sdk.name': 'spanstream.node',
      'sentry.trace_lifecycle': 'stream',
      ...attributes,
    };
    span.attributes = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, typed(value)]));
    spans.push(span);
    return node;
  };
  return { traceId, spans, add };
}

/** A checkout across four services with one failing call. */
export function checkoutTrace() {
  const trace = createTrace(800);
  const { add } = trace;
  const page = add(undefined, 'web', 'Checkout', [0, 642], { 'sentry.op': 'pageload', 'url.path': '/checkout' });
  add(page, 'web', 'long task', [24, 91], { 'sentry.op': 'ui.long_task' });
  const call = add(
    page,
    'web',
    'POST api.shop.test',
    [102, 610],
    { 'sentry.op': 'http.client', 'http.request.method': 'POST', 'http.response.status_code': 502 },
    'error',
  );
  const api = add(
    call,
    'api',
    'POST /orders',
    [118, 596],
    {
      'sentry.op': 'http.server',
      'http.route': '/orders',
      'http.response.status_code': 502,
      'user.id': 'u-1842',
      'host.name': 'local',
      'cart.items': 3,
      'cart.total': { value: 59.9, unit: 'euro' },
      'cart.skus': ['A-1', 'B-7', 'C-3'],
    },
    'error',
  );
  add(api, 'api', 'session', [120, 127], { 'sentry.op': 'middleware' });
  add(api, 'api', 'body parser', [127, 129.4], { 'sentry.op': 'middleware' });
  add(api, 'api', 'SELECT carts', [131, 158], {
    'sentry.op': 'db.query',
    'db.system.name': 'postgresql',
    'db.query.summary': 'SELECT carts',
  });
  const stock = add(api, 'api', 'GET stock.internal', [160, 244], { 'sentry.op': 'http.client' });
  const stockServer = add(stock, 'stock', 'GET /stock/:sku', [166, 238], { 'sentry.op': 'http.server', 'http.route': '/stock/:sku' });
  for (let index = 0; index < 3; index++)
    add(stockServer, 'stock', 'GET stock', [170 + index * 20, 184 + index * 22], { 'sentry.op': 'cache.get', 'cache.hit': index !== 1 });
  const pay = add(
    api,
    'api',
    'POST payments.internal',
    [250, 590],
    { 'sentry.op': 'http.client', 'http.response.status_code': 500 },
    'error',
  );
  const payments = add(pay, 'payments', 'POST /charges', [262, 580], { 'sentry.op': 'http.server' }, 'error');
  add(payments, 'payments', 'INSERT charges', [268, 291], { 'sentry.op': 'db.query' });
  const bank = add(
    payments,
    'payments',
    'POST bank.test',
    [300, 574],
    {
      'sentry.op': 'http.client',
      'sentry.status.message': 'connect ETIMEDOUT 203.0.113.9:443',
      'server.address': 'bank.test',
      'exception.type': 'ConnectError',
      'exception.stacktrace':
        'ConnectError: connect ETIMEDOUT 203.0.113.9:443\n    at charge (file:///srv/payments/bank.js:41:11)\n    at async handler (file:///srv/payments/server.js:18:3)',
    },
    'error',
  );
  bank.span.links = [
    { trace_id: hex(16), span_id: hex(8), sampled: true, attributes: { 'link.kind': { type: 'string', value: 'retry of' } } },
  ];
  return trace;
}

/** A service whose request has not ended: its parents are missing. */
export function runningTrace() {
  const trace = createTrace(2400);
  const { add } = trace;
  const job = add(undefined, 'worker', 'nightly export', [0, 3000], { 'sentry.op': 'task' });
  const read = add(job, 'worker', 'read orders', [20, 2900]);
  for (let index = 0; index < 6; index++)
    add(read, 'worker', 'SELECT orders', [40 + index * 300, 250 + index * 310], {
      'sentry.op': 'db.query',
      'db.response.returned_rows': 500,
    });
  add(job, 'worker', 'open file', [4, 16], { 'sentry.op': 'file.open' });
  const missing = new Set([job.id, read.id]);
  return {
    ...trace,
    arrived: trace.spans.filter((span) => !missing.has(span.span_id)),
    late: trace.spans.filter((span) => missing.has(span.span_id)),
  };
}

/** A trace of many spans, in envelopes of 1000. */
export function largeTrace(count, name = 'import catalogue') {
  const trace = createTrace(60_000);
  const root = trace.add(undefined, 'batch', name, [0, count]);
  const services = ['batch', 'images', 'search'];
  let parent = root;
  while (trace.spans.length < count) {
    const index = trace.spans.length;
    if (index % 40 === 1) parent = trace.add(root, services[((index / 40) % 3) | 0], `chunk ${index}`, [index, index + 39]);
    else if (index % 7 === 0)
      trace.add(parent, parent.service, 'resize', [index, index + 3], { 'sentry.op': 'image.resize' }, index % 1001 === 0 ? 'error' : 'ok');
    else trace.add(parent, parent.service, 'UPDATE products', [index, index + 1 + (index % 5)], { 'sentry.op': 'db.query' });
  }
  return trace;
}

export function inEnvelopes(spans, size = 1000) {
  return Array.from({ length: Math.ceil(spans.length / size) }, (_, index) => spanEnvelope(spans.slice(index * size, (index + 1) * size)));
}

export function clientReport() {
  const report = {
    timestamp: Date.now() / 1000,
    discarded_events: [
      { reason: 'sample_rate', category: 'span', quantity: 1204 },
      { reason: 'buffer_overflow', category: 'span', quantity: 12 },
      { reason: 'ratelimit_backoff', category: 'transaction', quantity: 3 },
    ],
  };
  return [{ sdk: { name: 'spanstream.node', version: '0.1.0' } }, { type: 'client_report' }, report]
    .map((line) => JSON.stringify(line))
    .join('\n');
}
