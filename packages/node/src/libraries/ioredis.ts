import type { AnySpan, Integration } from '@spanstream/core';
import { endWithPromise } from '../instrument/end-with-promise.ts';
import { failSpan } from '../instrument/fail-span.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { batchSpan, commandSpan, noteHit, type RedisBatch, type RedisCommand } from '../instrument/redis-command.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface IoredisClient {
  readonly options?: { readonly host?: unknown; readonly port?: unknown; readonly db?: unknown };
}

/** Answers with its promise, which may be nobody's: listening to that would hide a rejection that is not handled. */
interface Command {
  readonly name: string;
  readonly args: unknown[];
  readonly promise: unknown;
  readonly __is_reject_overwritten?: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
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
      const sent = new WeakSet<Command>();
      const teardowns = [
        traceChannel<RedisCommand & { readonly result?: unknown }>(client, 'ioredis:command', {
          start: (command) => commandSpan('ioredis', command, sendDefaultPii),
          finish: (span, message) => 'error' in message || noteHit(span, message.result),
        }),
        traceChannel<RedisBatch>(client, 'ioredis:batch', { start: (batch) => batchSpan('ioredis', batch) }),
        traceChannel<CallMessage>(client, hookChannel('ioredis', 'command'), {
          start: ({ arguments: [command], self }) => {
            const { name, args } = command as Command;
            // What could not be sent at once, or was not answered before the connection was lost, is sent once more.
            if (sent.has(command as Command)) return undefined;
            sent.add(command as Command);
            const { host, port, db } = (self as IoredisClient | undefined)?.options ?? {};
            return commandSpan('ioredis', { command: name, args, database: db, serverAddress: host, serverPort: port }, sendDefaultPii);
          },
          started: (span, { arguments: [command] }) => watchCommand(span, command as Command),
          keepsOpen: () => true,
        }),
      ];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function watchCommand(span: AnySpan, command: Command): void {
  // A cluster sends it elsewhere when it is rejected.
  if (command.__is_reject_overwritten === true) return void endWithPromise(span, command.promise)?.catch(() => undefined);
  const { resolve, reject } = command;
  command.resolve = (value) => {
    noteHit(span, value);
    span.end();
    resolve.call(command, value);
  };
  command.reject = (error) => {
    failSpan(span, error);
    span.end();
    reject.call(command, error);
  };
}
