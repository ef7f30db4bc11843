import { createRequire } from 'node:module';
import { attributesOf } from './spans.mjs';

export const size = { requests: 20_000, connections: 16 };
export const adapterOptions = { httpServer: true };

const nothing = () => {};

export async function run({ adapter, job: { size }, emit, measured }) {
  // Loaded after the SDK, as instrumentation that patches modules needs it.
  const { createServer } = createRequire(import.meta.url)('node:http');
  let served = 0;
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const server = createServer((_request, response) => {
    const i = served;
    adapter.startActive('authenticate', attributesOf(i), nothing);
    adapter.startActive('SELECT items', attributesOf(i + 1), nothing);
    adapter.startActive('render', attributesOf(i + 2), nothing);
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 });
    response.end('ok');
    served += 1;
    if (served === size.requests) response.on('close', finish);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return measured(async () => {
    emit({ event: 'listening', port: server.address().port });
    await finished;
    return { served, expected: served * 4 };
  });
}
