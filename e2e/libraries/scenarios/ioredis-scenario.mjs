import { once } from 'node:events';
import { expectSame, here } from '../conform.mjs';

/** Versions that publish channels and those that are hooked are seen alike. */
export function ioredisScenario(Redis) {
  return {
    integration: 'Ioredis',
    needs: 'redis',
    async start({ port }) {
      const client = new Redis(port, '127.0.0.1');
      await once(client, 'ready');
      return { client };
    },
    async work({ client }, context) {
      await client.set('secret:1', 'secret', 'EX', 60);
      expectSame(await client.get('secret:1'), 'secret', 'the value');
      const outside = here(context);
      await new Promise((resolve, reject) =>
        client.hgetall('secret:nothing', (error) => {
          if (error) return reject(error);
          expectSame(here(context), outside, 'where the callback runs');
          resolve();
        }),
      );
      // One of them fails, which the pipeline says in its result.
      const results = await client.pipeline().incrby('secret:1', 1).llen('secret:none').exec();
      expectSame([results[0][0] instanceof Error, results[1][1]], [true, 0], 'results');
      await client.unlink('secret:1');
    },
    fail: ({ client }) => client.call('INCRBY', 'secret:1', 'secret'),
    stop: ({ client }) => client.quit(),
    tree: [
      'parent',
      '  SET [cache.put]',
      '  GET [cache.get]',
      '  HGETALL [cache.get]',
      '  INCRBY [db.query] error',
      '  LLEN [db.query]',
      '  UNLINK [cache.remove]',
      'failing error',
      '  INCRBY [db.query] error',
    ],
    attributes: {
      SET: { 'sentry.origin': 'auto.db.ioredis', 'db.system.name': 'redis', 'server.address': '127.0.0.1', 'db.namespace': '0' },
      GET: { 'cache.hit': true },
      HGETALL: { 'cache.hit': false },
    },
  };
}
