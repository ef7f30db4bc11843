import { expectSame } from '../conform.mjs';

/** Later versions tell of batches and of the server themselves. */
export function redisScenario(createClient, publishes) {
  return {
    integration: 'Redis',
    needs: 'redis',
    async start({ port }) {
      const client = createClient({ socket: { host: '127.0.0.1', port } });
      await client.connect();
      return { client };
    },
    async work({ client }) {
      await client.set('secret:1', 'secret');
      expectSame(await client.get('secret:1'), 'secret', 'the value');
      expectSame(await client.get('secret:2'), null, 'no value');
      await client.multi().incr('secret:n').expire('secret:n', 9).exec();
      await client.del(['secret:1', 'secret:n']);
    },
    fail: ({ client }) => client.sendCommand(['INCRBY', 'secret:1', 'secret']),
    stop: ({ client }) => client.close(),
    tree: [
      'parent',
      '  SET [cache.put]',
      '  GET [cache.get]',
      '  GET [cache.get]',
      ...(publishes ? ['  MULTI [db.query]'] : ['  MULTI [db.query]', '  INCR [db.query]', '  EXPIRE [db.query]', '  EXEC [db.query]']),
      '  DEL [cache.remove]',
      'failing error',
      '  INCRBY [db.query] error',
    ],
    attributes: {
      SET: {
        'sentry.origin': 'auto.db.redis',
        'db.system.name': 'redis',
        'db.operation.name': 'SET',
        ...(publishes ? { 'server.address': '127.0.0.1' } : {}),
      },
      GET: { 'cache.hit': true },
      ...(publishes ? { MULTI: { 'db.operation.batch.size': 2 } } : {}),
    },
  };
}
