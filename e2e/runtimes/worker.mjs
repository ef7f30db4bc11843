import { init, traceRequest } from '@spanstream/node/edge';
import { answer } from './shop.mjs';

// Outside of requests, where workerd gives neither time nor randomness nor timers.
init({ dsn: SETTINGS.dsn, traceLifecycle: 'stream', tracesSampleRate: 1 });

export default {
  fetch: (request, _env, context) => traceRequest(request, () => answer(request, SETTINGS.upstream), context),
};
