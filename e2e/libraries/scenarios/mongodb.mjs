import { MongoClient } from 'mongodb';
import { expectSame } from '../conform.mjs';
import { startMongoDb } from '../start-mongodb.mjs';

export const scenario = {
  integration: 'Mongodb',
  async start() {
    const server = await startMongoDb();
    const client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
    await client.connect();
    return { server, client, users: client.db('shop').collection('users') };
  },
  async work({ users }) {
    await users.insertOne({ name: 'secret' });
    const found = await users.find({ name: 'secret' }).toArray();
    expectSame(found.length, 2, 'documents');
  },
  fail: ({ client }) => client.db('shop').command({ refuse: 'secret' }),
  async stop({ server, client }) {
    await client.close();
    server.stop();
  },
  tree: [
    'parent',
    '  insert users [db.query]',
    '  find users [db.query]',
    '  getMore users [db.query]',
    'failing error',
    '  refuse [db.query] error',
  ],
  attributes: {
    'insert users': {
      'sentry.origin': 'auto.db.mongodb',
      'db.system.name': 'mongodb',
      'db.namespace': 'shop',
      'db.collection.name': 'users',
      'db.operation.name': 'insert',
      'server.address': '127.0.0.1',
    },
    refuse: { 'db.response.status_code': '59' },
  },
};
