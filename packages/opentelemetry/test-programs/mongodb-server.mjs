import { createServer } from 'node:net';
import { BSON } from 'mongodb';

/**
 * Speaks as much of MongoDB's wire protocol as the driver needs for a handful of commands; there is no package of the server
 * itself to be had. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
const OP_MSG = 2013;
const OP_QUERY = 2004;
const OP_REPLY = 1;
const HEADER_BYTES = 16;

const hello = {
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  ok: 1,
};

function answer(command) {
  const name = Object.keys(command)[0];
  if (/^(hello|ismaster)$/i.test(name)) return { ...hello, localTime: new Date() };
  if (name === 'insert') return { n: 1, ok: 1 };
  if (name === 'update') return { n: 1, nModified: 1, ok: 1 };
  if (name === 'find') return { cursor: { firstBatch: [{ _id: 1, name: 'one' }], id: 0n, ns: `${command.$db}.${command.find}` }, ok: 1 };
  if (name === 'delete') return { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' };
  return { ok: 1 };
}

function commandIn(message) {
  if (message.readInt32LE(12) === OP_MSG)
    return BSON.deserialize(message.subarray(HEADER_BYTES + 5, HEADER_BYTES + 5 + message.readInt32LE(HEADER_BYTES + 5)));
  const afterName = message.indexOf(0, HEADER_BYTES + 4) + 1 + 8;
  return BSON.deserialize(message.subarray(afterName, afterName + message.readInt32LE(afterName)));
}

function reply(message) {
  const requestId = message.readInt32LE(4);
  const body = BSON.serialize(answer(commandIn(message)));
  const isQuery = message.readInt32LE(12) === OP_QUERY;
  const before = Buffer.alloc(HEADER_BYTES + (isQuery ? 20 : 5));
  before.writeInt32LE(before.length + body.length, 0);
  before.writeInt32LE(requestId, 8);
  before.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  if (isQuery) before.writeInt32LE(1, before.length - 4);
  return Buffer.concat([before, body]);
}

export function startMongodb() {
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0);
        socket.write(reply(pending.subarray(0, length)));
        pending = pending.subarray(length);
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, stop: () => new Promise((done) => server.close(done)) }));
  });
}
