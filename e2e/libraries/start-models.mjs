import { once } from 'node:events';
import { createServer } from 'node:http';

const PIECE_PAUSE_MS = 30;
const HEADERS = { 'content-type': 'text/event-stream' };

/**
 * Answers as the backends of models do: whole, in pieces when the request asks for them, and with an error for the model `gone`.
 * @param {Record<string, { whole: unknown, pieces: unknown[], pieceName?: (piece: any) => string }>} answers by path
 */
export async function startModels(answers) {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { stream, model } = JSON.parse(text);
    const { whole, pieces, end } = answers[request.url.split('?')[0]];
    if (model === 'gone') return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"secret"}}');
    if (stream !== true) return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
    response.writeHead(200, HEADERS);
    for (const piece of pieces) {
      response.write(`${piece.type === undefined ? '' : `event: ${piece.type}\n`}data: ${JSON.stringify(piece)}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, PIECE_PAUSE_MS));
    }
    response.end(end ?? '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
