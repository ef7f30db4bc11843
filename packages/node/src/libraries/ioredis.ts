import type { AnySpan, Integration } from '@spanstream/core';
import { failSpan } from '../instrument/fail-span.ts';
import { detachChannel } from '../instrument/detach-channel.ts';
import { hookChannel, type Library } from '../instrument/library.ts';
import { commandSpan, noteHit, noteServer } from '../instrument/redis-command.ts';
import { type CallMessage, traceChannel } from '../instrument/trace-channel.ts';

interface IoredisClient {
  readonly options?: { readonly host?: unknown; readonly port?: unknown; readonly db?: unknown };
}

/** Answers with its promise, which may be nobody's: listening to that would hide a rejection that is not handled. */
interface Command {
  readonly name: string;
  readonly args: unknown[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * ioredis. The channels that it publishes from 5.11 on are not listened to: with a listener it handles each rejection itself,
 * and one that nobody handles would be seen by nobody.
 */
export const ioredis: Library = {
  integration: 'Ioredis',
  packages: { ioredis: '>=4.0.0 <7' },
  hooks: [
    ...['sendCommand', 'connect'].flatMap((method) => [
      hookOf(method, '>=5.0.0 <7', 'built/Redis.js', { className: 'Redis', methodName: method }),
      hookOf(method, '>=4.0.0 <5', /^built\/redis(?:\/index)?\.js$/, { expressionName: method }),
    ]),
    // Sends a command to another server when one rejects it, and takes its `reject` for that: its span is there before.
    hookOf('sendCommand', '>=4.1.0 <7', 'built/cluster/index.js', { className: 'Cluster', methodName: 'sendCommand' }),
  ],
};

function hookOf(
  channelName: string,
  versionRange: string,
  filePath: string | RegExp,
  query: { className: string; methodName: string } | { expressionName: string },
): Library['hooks'][number] {
  return { channelName, module: { name: 'ioredis', versionRange, filePath }, functionQuery: { ...query, kind: 'Sync' } };
}

/** Gives each command of `ioredis` a span: as a cache where it is used as one, else as a database. */
export function ioredisIntegration(): Integration {
  return {
    name: ioredis.integration,
    setup(client) {
      const { sendDefaultPii } = client.settings;
      /** The span of each command, none where it is not recorded. */
      const sent = new WeakMap<Command, AnySpan | undefined>();
      const untrace = traceChannel<CallMessage>(client, hookChannel('ioredis', 'sendCommand'), {
        start: ({ arguments: [given], self }) => {
          const command = given as Command;
          const { host, port, db } = (self as IoredisClient | undefined)?.options ?? {};
          const server = { database: db, serverAddress: host, serverPort: port };
          // A cluster hands it to a server, and what could not be sent or was not answered goes to one once more.
          if (sent.has(command)) {
            const span = sent.get(command);
            if (span !== undefined) noteServer(span, 'ioredis', server);
            return undefined;
          }
          sent.set(command, undefined);
          return commandSpan('ioredis', { command: command.name, args: command.args, ...server }, sendDefaultPii);
        },
        started: (span, { arguments: [command] }) => {
          sent.set(command as Command, span);
          watchCommand(span, command as Command);
        },
        keepsOpen: () => true,
      });
      const teardowns = [untrace, detachChannel(client, hookChannel('ioredis', 'connect'))];
      return () => teardowns.forEach((teardown) => teardown());
    },
  };
}

function watchCommand(span: AnySpan, command: Command): void {
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
