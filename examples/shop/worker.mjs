// The worker: takes payments while the API waits, and works on reports long after it has answered.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setRoute, tracing } from '@spanstream/node';
import { query } from './database.mjs';
import { readJson, respond, serve } from './http.mjs';

const REPORT_MS = 30_000;
const SHOPS = ['Bergen', 'Coimbra', 'Ghent', 'Lyon', 'Turku'];

const server = createServer(async (request, response) => {
  if (request.url === '/payments') {
    setRoute('/payments');
    const { total } = await readJson(request);
    await pay(total);
    respond(response, 201, { paid: total });
  } else if (request.url === '/reports') {
    setRoute('/reports');
    void writeReport();
    respond(response, 202, { minutes: REPORT_MS / 60_000 });
  } else {
    respond(response, 404, { error: 'not found' });
  }
});

async function pay(total) {
  // By hand: for work that neither begins nor ends with a function. `active: false` keeps it from becoming the parent
  // of what starts meanwhile.
  const authorisation = tracing.startSpan({
    name: 'authorise payment',
    active: false,
    attributes: { 'payment.total': { value: total, unit: 'euro' } },
  });
  await query('SELECT customers', 'SELECT * FROM customers WHERE id = ?', { rows: 1 });
  await sleep(20);
  authorisation.end();

  await query('INSERT payments', 'INSERT INTO payments VALUES (?)', { rows: 1 });
}

// A job outlives the request that asks for it: it has a trace of its own, linked to that request. Its children arrive
// while it is still running.
function writeReport() {
  const request = tracing.getActiveSpan();
  const links = request === undefined ? [] : [{ context: request.spanContext() }];
  return tracing.startNewTrace(() =>
    tracing.startSpan({ name: 'monthly report', links, attributes: { 'sentry.op': 'task' } }, async (report) => {
      const endMs = Date.now() + REPORT_MS;
      let pages = 0;
      while (Date.now() < endMs) {
        for (const shop of SHOPS) await writePage(shop, ++pages);
      }
      report.setAttribute('report.pages', pages);
    }),
  );
}

function writePage(shop, page) {
  return tracing.startSpan({ name: 'write page', attributes: { 'report.shop': shop, 'report.page': page } }, async () => {
    await query('SELECT sales', 'SELECT * FROM sales WHERE shop = ?', { rows: 200 });
    await query('SELECT returns', 'SELECT * FROM returns WHERE shop = ?', { rows: 12 });
  });
}

serve(server);
