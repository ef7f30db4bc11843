import { init, traceRequest } from '@spanstream/node/edge';
import { answer } from './shop.mjs';

// Outside of requests, where workerd gives neither time nor randomness nor timers.
init({ dsn: SETTINGS.dsn, traceLifecycle: 'stream', tracesSampleRate: 1 });

export default {
  fetch: (request, _env, context) =>
    traceRequest(request, () => (request.url.endsWith('/compressed') ? compressed() : answer(request, SETTINGS.upstream)), context),
};

/** A body that is compressed already. */
async function compressed() {
  const stream = new Blob(['content']).stream().pipeThrough(new CompressionStream('gzip'));
  const body = await new Response(stream).arrayBuffer();
  return new Response(body, { encodeBody: 'manual', headers: { 'content-encoding': 'gzip' } });
}
