import { close, init, traceRequest } from '@spanstream/node/edge';
import { answer } from './shop.mjs';

const client = init({ dsn: SETTINGS.dsn, traceLifecycle: 'stream', tracesSampleRate: 1 });

async function handle(request) {
  if (new URL(request.url).pathname === '/close') {
    await close();
    return Response.json(client.stats());
  }
  try {
    return await traceRequest(request, () => answer(request, SETTINGS.upstream));
  } catch {
    return new Response('broken', { status: 500 });
  }
}

if (globalThis.Bun) {
  const { port } = globalThis.Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handle });
  console.log(`port ${port} listening`);
} else {
  globalThis.Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(`port ${port} listening`) }, handle);
}
