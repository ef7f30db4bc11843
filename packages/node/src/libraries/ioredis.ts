import type { Integration } from '@spanstream/core';
import { endWithPromise } from '../instrument/end-with-promise.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { batchSpan, commandSpan, noteHit, type RedisBatch, type RedisCommand } from '../instrument/redis-command.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface IoredisClient {
  readonly options?: { readonly host?: unknown; readonly port?: unknown; readonly db?: unknown };
}

/** From 5.11 it publishes channels of its own. */
const HOOKED = '>=5.0.0 <5.11.0';

/** ioredis. */
export const ioredis: Library = {
  integration: 'Ioredis',
  packages: { ioredis: '>=4.0.0 <7' },
  publishes: '>=5.11.0',
  hooks: [
    {
      channelName: 'command',
      module: { name: 'ioredis', versionRange: HOOKED, filePath: 'built/Redis.js' },
      functionQuery: { className: 'Redis', methodName: 'sendCommand', kind: 'Sync' },
    },
    {
      channelName: 'command',
      module: { name: 'ioredis', versionRange: '>=4.0.0 <5', filePath: 'built/redis/index.js' },
      functionQuery: { expressionName: 'sendCommand', kind: 'Sync' },
    },
  ],
};

/** Gives each command of `ioredis` a span: as a cache where it is used as one, else as a database. */
export function ioredisIntegration(): Integration {
  return {
    name: ioredis.integration,
    setup(client) {
      const { sendDefaultPii } = client.settings;
      const teardowns = [
        traceChannel<RedisCommand & { readonly result?: unknown }>(client, 'ioredis:command', {
          start: (command) => commandSpan('ioredis', command, sendDefaultPii),
          finish: (span, message) => 'error' in message || noteHit(span, message.result),
        }),
        traceChannel<RedisBatch>(client, 'ioredis:batch', { start: (batch) => batchSpan('ioredis', batch) }),
        traceChannel<CallMessage>(client, hookChannel('ioredis', 'command'), {
          start: ({ arguments: [command], self }) => {
            const { name, args } = command as { name: string; args: unknown[] };
            const { host, port, db } = (self as IoredisClient | undefined)?.options ?? {};
            return commandSpan('ioredis', { command: name, args, database: db, serverAddress: host, serverPort: port }, sendDefaultPii);
          },
          keepsOpen: (span, { result }) => endWithPromise(span, result, (value) => noteHit(span, value)),
        }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}
