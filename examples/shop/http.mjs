// What both services need of HTTP.
import { json } from 'node:stream/consumers';

export const readJson = json;

export function respond(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Listens on any free port and tells it to the process that started this one; ends with that process. */
export function serve(server) {
  server.listen(0, '127.0.0.1', () => process.send?.({ url: `http://127.0.0.1:${server.address().port}` }));
  process.on('disconnect', () => process.exit());
}
