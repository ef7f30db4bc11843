import { get, createServer } from 'node:http';
import * as SpanStream from '@spanstream/node';

// What the package for Node records elsewhere: a server and a client of node:http, the global fetch, a span by hand.
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const server = createServer((_request, response) => {
  SpanStream.tracing.startSpan({ name: 'work' }, () => {});
  response.end('x');
}).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  await SpanStream.tracing.startSpan({ name: 'root' }, async () => {
    await (await fetch(`http://127.0.0.1:${port}/by-fetch`)).text();
    await new Promise((resolve) => get(`http://127.0.0.1:${port}/by-http`, (response) => response.resume().on('end', resolve)));
  });
  server.close();
  await SpanStream.close();
});
