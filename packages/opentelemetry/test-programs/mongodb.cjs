const { MongoDBInstrumentation } = require('@opentelemetry/instrumentation-mongodb');
const { trace } = require('@opentelemetry/api');
const { run } = require('./tracing.cjs');

void run(
  () => [new MongoDBInstrumentation({ requireParentSpan: false })],
  async () => {
    const { MongoClient } = require('mongodb');
    const tracer = trace.getTracer('program');
    const client = new MongoClient(`mongodb://127.0.0.1:${process.env.MONGODB_PORT}/?directConnection=true&maxPoolSize=1`, {
      monitorCommands: false,
      heartbeatFrequencyMS: 60_000,
    });
    await tracer.startActiveSpan('work', async (span) => {
      const items = client.db('shop').collection('items');
      await items.insertOne({ _id: 1, name: 'one' });
      await items.findOne({ _id: 1 });
      tracer.startSpan('between').end();
      await items.updateOne({ _id: 1 }, { $set: { name: 'two' } });
      await items.deleteMany({}).catch(() => undefined);
      span.end();
    });
    await client.close();
  },
);
