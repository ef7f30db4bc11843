import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeTransport } from './node-transport.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';

const HEADERS = { 'Content-Type': 'application/x-sentry-envelope', 'X-Sentry-Auth': 'Sentry sentry_version=7, sentry_key=abc' };
/** Of `localhost` and 127.0.0.1, signed by nobody, until 2126. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const serveHttp = (listener: RequestListener): Promise<number> => listen(createServer(listener));
/** A server that answers the first bytes of each connection with exactly this text. */
const serveBytes = (react: (socket: Socket) => void): Promise<number> =>
  listen(createTcpServer((socket) => void socket.on('error', () => {}).once('data', () => react(socket))));

function createSender(port: number, options: { host?: string; answerTimeoutMs?: number } = {}) {
  const url = `http://${options.host ?? '127.0.0.1'}:${port}/api/42/envelope/`;
  const { answerTimeoutMs } = options;
  const transport = createNodeTransport({ url, ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }) });
  cleanups.push(() => transport.close?.());
  return { url, transport, send: (body = '{}\n') => transport.send(url, { method: 'POST', headers: HEADERS, body }) };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('answers', () => {
  it('sends the envelope with its headers and gives status and headers back', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const port = await serveHttp(async (request, response) => {
      seen.push({ request, body: (await bodyOf(request)).toString() });
      response.writeHead(429, { 'Retry-After': '7', 'X-Sentry-Rate-Limits': '60:span' }).end('{}');
    });
    const { send } = createSender(port);
    const response = await send('{"é":"\u{1F600}"}\n');
    expect(response.status).toBe(429);
    expect(response.headers.get('Retry-After')).toBe('7');
    expect(response.headers.get('x-sentry-rate-limits')).toBe('60:span');
    expect(response.headers.get('absent')).toBeUndefined();
    expect(seen[0]?.body).toBe('{"é":"\u{1F600}"}\n');
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/api/42/envelope/' });
    expect(seen[0]?.request.headers).toMatchObject({
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth': HEADERS['X-Sentry-Auth'],
    });
  });

  it.each([200, 204, 302, 400, 413, 500, 503])('resolves with %i', async (status) => {
    const { send } = createSender(await serveHttp((_request, response) => void response.writeHead(status).end()));
    expect((await send()).status).toBe(status);
  });

  it('keeps connections for envelopes one after another', async () => {
    let connections = 0;
    const server = createServer((request, response) => void request.resume().on('end', () => response.end('{}')));
    server.on('connection', () => connections++);
    const { send } = createSender(await listen(server));
    for (let count = 0; count < 20; count++) await send('x'.repeat(5000));
    await Promise.all(Array.from({ length: 3 }, () => send()));
    expect(connections).toBe(1);
  });

  it.each([
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', 1],
    ['interim answers', 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 1],
    ['no framing', 'HTTP/1.1 200 OK\r\n\r\n{}', 3],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', 3],
    ['more than was said', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}', 3],
  ])('R29: after an answer with %s each of three envelopes gets its own, byte by byte or at once', async (_name, answer, expected) => {
    for (const pieces of [[answer], [...answer]]) {
      let connections = 0;
      const server = createTcpServer((socket) => {
        connections++;
        socket.on('error', () => {}).on('data', () => pieces.forEach((piece) => socket.write(piece)));
      });
      const { send } = createSender(await listen(server.on('connection', (socket) => socket.setNoDelay())));
      for (let count = 0; count < 3; count++) {
        expect((await send()).status).toBe(200);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(connections).toBeLessThanOrEqual(3);
      if (pieces.length === 1) expect(connections).toBe(expected);
    }
  });

  it('R29: what a server says unasked on an idle connection is no answer to the next envelope', async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const { send } = createSender(await listen(server));
    await send();
    const isGone = new Promise((resolve) => sockets[0]?.once('close', resolve));
    sockets[0]?.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    await isGone;
    expect((await send()).status).toBe(200);
    expect(sockets).toHaveLength(2);
  });

  it('an envelope that a slow server takes in pieces is not overwritten by the next', async () => {
    const port = await serveHttp(async (request, response) => {
      const body = await bodyOf(request);
      response.end(body.every((byte) => byte === body[0]) ? 'whole' : response.writeHead(400) && 'mixed');
    });
    const { send } = createSender(port);
    const bodies = Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(120_000));
    const answers = await Promise.all(bodies.map((body) => send(body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
  });

  it('R29: an answer is an answer although the connection breaks, lies about its length or goes on too long', async () => {
    const heads = ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz'];
    for (const head of heads) {
      const { send } = createSender(await serveBytes((socket) => void socket.end(head)));
      expect((await send()).status).toBe(200);
    }
    const endless = createSender(
      await serveHttp((_request, response) => {
        const write = (): void => void response.write('x'.repeat(32_768), () => response.destroyed || write());
        response.on('error', () => {});
        write();
      }),
    );
    expect((await endless.send()).status).toBe(200);
    expect((await endless.send()).status).toBe(200);
  });
});

describe('groups', () => {
  const answerOf = (body: string): string => `HTTP/1.1 200 OK\r\nX-Body: ${body}\r\nContent-Length: 2\r\n\r\n{}`;

  /** Longer than a group may take. */
  const SLOW_MS = 110;

  /** A server that reads requests whose bodies have no line break, and how many came with each piece that it read. */
  function createReader(react: (socket: Socket, bodies: string[]) => void) {
    const pieces: string[][] = [];
    const server = createTcpServer((socket) => {
      socket
        .on('error', () => {})
        .on('data', (data: Buffer) => {
          const bodies = [...data.toString().matchAll(/\r\n\r\n([^\r\n]*?)(?=POST|$)/g)].map((match) => match[1]!);
          pieces.push(bodies);
          react(socket, bodies);
        });
    });
    return { server, pieces };
  }

  it('what waits together leaves in one write, and each gets the answer to its own', async () => {
    const { server, pieces } = createReader((socket, bodies) => void socket.write(bodies.map(answerOf).join('')));
    const { send } = createSender(await listen(server));
    await send('first');
    const bodies = Array.from({ length: 16 }, (_, index) => `body-${index}`);
    const answers = await Promise.all(bodies.map((body) => send(body)));
    expect(answers.map(({ headers }) => headers.get('x-body'))).toEqual(bodies);
    expect(pieces).toEqual([['first'], bodies]);
  });

  it('R29: what a server leaves unanswered behind its last answer goes again, and nothing is answered twice', async () => {
    const answered: string[] = [];
    const { server } = createReader((socket, bodies) => {
      answered.push(bodies[0]!);
      const isGroup = bodies.length > 1;
      if (isGroup) socket.end(answerOf(bodies[0]!).replace('200 OK', '200 OK\r\nConnection: close'));
      else socket.write(answerOf(bodies[0]!));
    });
    const { send } = createSender(await listen(server));
    await send('first');
    const bodies = Array.from({ length: 8 }, (_, index) => `body-${index}`);
    const answers = await Promise.all(bodies.map((body) => send(body)));
    expect(answers.map(({ headers }) => headers.get('x-body'))).toEqual(bodies);
    expect(answered.toSorted()).toEqual(['first', ...bodies].toSorted());
  });

  it('R29: a connection that breaks loses the one request that may have been worked on; the others go again, alone', async () => {
    const { server, pieces } = createReader((socket, bodies) => {
      if (bodies.length > 1) socket.write(answerOf(bodies[0]!), () => socket.destroy());
      else socket.write(answerOf(bodies[0]!));
    });
    const { send } = createSender(await listen(server));
    await send('first');
    const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => send(`body-${index}`)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', ...Array.from({ length: 6 }, () => 'fulfilled')]);
    expect(pieces.filter(({ length }) => length > 1)).toHaveLength(1);
  });

  it('a slow server gets one request on each of many connections', async () => {
    const waiting: (() => void)[] = [];
    const { server, pieces } = createReader((socket, bodies) => {
      waiting.push(() => bodies.forEach((body) => socket.write(answerOf(body))));
      if (waiting.length === (pieces.length === 1 ? 1 : 8)) setTimeout(() => waiting.splice(0).forEach((answer) => answer()), SLOW_MS);
    });
    const { send } = createSender(await listen(server));
    await send('first');
    await Promise.all(Array.from({ length: 8 }, (_, index) => send(`body-${index}`)));
    expect(pieces.map(({ length }) => length)).toEqual(Array.from({ length: 9 }, () => 1));
  });
});

describe('no answer', () => {
  it('R29: rejects when nobody listens, when the connection is reset, and on garbage', async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const refusing = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    await expect(createSender(refusing).send()).rejects.toThrow('ECONNREFUSED');
    await expect(createSender(await serveBytes((socket) => socket.resetAndDestroy())).send()).rejects.toThrow();
    await expect(createSender(await serveBytes((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))).send()).rejects.toThrow();
  });

  it('R29: gives up a hanging backend in its time', async () => {
    const { send } = createSender(await serveHttp(() => {}), { answerTimeoutMs: 600 });
    await expect(send()).rejects.toThrow('no answer in time');
  });

  it('works again after the backend was away', async () => {
    let isBroken = true;
    const { send } = createSender(await serveHttp((request, response) => void (isBroken ? request.socket.destroy() : response.end())));
    await expect(send()).rejects.toThrow();
    isBroken = false;
    expect((await send()).status).toBe(200);
  });

  it('rejects everything once it is closed', async () => {
    const { send, transport } = createSender(await serveHttp(() => {}));
    const pending = send();
    await new Promise((resolve) => setImmediate(resolve));
    transport.close?.();
    await expect(pending).rejects.toThrow();
    await expect(send()).rejects.toThrow('closed');
  });
});

describe('compression', () => {
  // 0.0.0.0 reaches the loopback interface and is no loopback name.
  it.each([3_000, 200_000])('sends %i characters as gzip to other machines', async (length) => {
    const text = JSON.stringify({ text: 'spän '.repeat(length / 5) });
    let received: { encoding: string | undefined; body: Buffer } | undefined;
    const port = await serveHttp(async (request, response) => {
      received = { encoding: request.headers['content-encoding'], body: await bodyOf(request) };
      response.end();
    });
    await createSender(port, { host: '0.0.0.0' }).send(text);
    expect(received?.encoding).toBe('gzip');
    expect(gunzipSync(received?.body ?? '').toString()).toBe(text);
  });

  it('leaves small envelopes and those for the same machine alone', async () => {
    const encodings: (string | undefined)[] = [];
    const port = await serveHttp((request, response) => {
      encodings.push(request.headers['content-encoding']);
      response.end();
    });
    await createSender(port, { host: '0.0.0.0' }).send('x'.repeat(2000));
    await createSender(port).send('x'.repeat(100_000));
    await createSender(port, { host: 'localhost' }).send('x'.repeat(100_000));
    expect(encodings).toEqual([undefined, undefined, undefined]);
  });
});

describe('TLS', () => {
  it('resumes sessions, and sends nothing to whom it cannot trust', async () => {
    const resumed: boolean[] = [];
    const server = createHttpsServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => {
      response.setHeader('Connection', 'close').end();
    });
    server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()));
    const url = `https://localhost:${await listen(server)}/api/42/envelope/`;
    const transport = createNodeTransport({ url });
    cleanups.push(() => transport.close?.());
    const send = () => transport.send(url, { method: 'POST', headers: HEADERS, body: '{}\n' });
    await expect(send()).rejects.toThrow('self-signed certificate');
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    cleanups.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    expect(resumed.slice(-2)).toEqual([false, true]);
  });
});

describe('proxies', () => {
  async function serveProxy(): Promise<{ port: number; requests: string[] }> {
    const requests: string[] = [];
    const port = await serveHttp((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response.writeHead(202).end();
    });
    return { port, requests };
  }

  it.each(['http_proxy', 'HTTP_PROXY'])('goes through the proxy of %s unless no_proxy names the host', async (variable) => {
    const proxy = await serveProxy();
    const backend = await serveHttp((_request, response) => void response.end());
    process.env[variable] = `http://127.0.0.1:${proxy.port}`;
    cleanups.push(() => {
      delete process.env[variable];
      delete process.env.NO_PROXY;
    });
    const { send, url } = createSender(backend);
    expect((await send()).status).toBe(202);
    expect(proxy.requests).toEqual([`POST ${url}`]);
    process.env.NO_PROXY = '127.0.0.1';
    expect((await createSender(backend).send()).status).toBe(200);
  });

  it('tunnels https and reports a refusing proxy as no answer', async () => {
    const requests: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      requests.push(`${request.method} ${request.url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    process.env.https_proxy = `http://127.0.0.1:${await listen(proxy)}`;
    cleanups.push(() => delete process.env.https_proxy);
    const transport = createNodeTransport({ url: 'https://ingest.example.com/api/42/envelope/' });
    cleanups.push(() => transport.close?.());
    await expect(transport.send('', { method: 'POST', headers: HEADERS, body: '{}' })).rejects.toThrow('403');
    expect(requests).toEqual(['CONNECT ingest.example.com:443']);
  });
});
