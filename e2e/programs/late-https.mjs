// Loads node:https after init, as an application's own modules are, and asks twice. Arguments: port, import, require or never, array for headers in that form.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import * as SpanStream from '@spanstream/node';

const [port, how, form] = process.argv.slice(2);
SpanStream.init({ traceLifecycle: 'stream', tracesSampleRate: 1 });
const loaded = process.moduleLoadList.filter((name) => /^NativeModule (https|crypto)$/.test(name));
if (how !== 'never') await askTwice();
await SpanStream.close();
console.log(JSON.stringify({ loaded, left: Object.hasOwn(process.getBuiltinModule('http').ClientRequest.prototype, '_storeHeader') }));

async function askTwice() {
  const https = how === 'require' ? createRequire(import.meta.url)('https') : await import('node:https');
  const headers = form === 'array' ? ['Host', `localhost:${port}`] : {};

  await SpanStream.tracing.startSpan({ name: 'work' }, async () => {
    for (const path of ['/first', '/second']) {
      const [response] = await once(https.get({ port, path, headers, rejectUnauthorized: false }), 'response');
      await once(response.resume(), 'end');
    }
  });
}
