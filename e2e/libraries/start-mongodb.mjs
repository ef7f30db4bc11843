import { once } from 'node:events';
import { createServer } from 'node:net';
import { deserialize, serialize } from 'bson';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

const GREETING = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
};

/** Speaks as much of MongoDB’s protocol as one collection needs, since Debian has no MongoDB: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
export async function startMongoDb() {
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
        const size = pending.readInt32LE(0);
        const reply = answer(pending.subarray(0, size));
        if (reply !== undefined) socket.write(reply);
        pending = pending.subarray(size);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, stop: () => server.close() };
}

function answer(message) {
  const requestId = message.readInt32LE(4);
  if (message.readInt32LE(12) === OP_QUERY)
    return frame(OP_REPLY, requestId, Buffer.concat([Buffer.alloc(16), int32(1), serialize(GREETING)]));
  // Flags and the kind of the section stand before the command.
  const command = deserialize(message.subarray(HEADER_BYTES + 5), { allowObjectSmallerThanBufferSize: true });
  // Nobody is ever told.
  if ('hang' in command) return undefined;
  return frame(OP_MSG, requestId, Buffer.concat([int32(0), Buffer.from([0]), serialize(replyTo(command))]));
}

function replyTo(command) {
  const [name] = Object.keys(command);
  const ns = `${command.$db}.${command[name]}`;
  if (name === 'hello' || name === 'ismaster') return GREETING;
  if (name === 'insert') return { ok: 1, n: 1 };
  if (name === 'find') return { ok: 1, cursor: { id: 7n, ns, firstBatch: [{ name: 'secret' }] } };
  if (name === 'getMore') return { ok: 1, cursor: { id: 0n, ns, nextBatch: [{ name: 'secret' }] } };
  if (name === 'endSessions' || name === 'killCursors') return { ok: 1 };
  return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: ${name}` };
}

function frame(opCode, responseTo, body) {
  return Buffer.concat([int32(HEADER_BYTES + body.length), int32(1), int32(responseTo), int32(opCode), body]);
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
