// The service that the W3C working group's harness for Trace Context talks to: it posts to each url of the array it is
// sent. https://github.com/w3c/trace-context/tree/main/test  Arguments: `fetch` or `http`, the port (any free one).
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { json, text } from 'node:stream/consumers';
import * as SpanStream from '@spanstream/node';

SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });

const clients = {
  fetch: async (url, body) => (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text(),
  http: async (url, body) => {
    const request = httpRequest(url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    request.end(body);
    const [response] = await once(request, 'response');
    return text(response);
  },
};
const [client = 'fetch', port = '0'] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  try {
    for (const { url, arguments: body } of await json(request)) await clients[client](url, JSON.stringify(body));
    response.end('{}');
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${server.address().port}\n`));
