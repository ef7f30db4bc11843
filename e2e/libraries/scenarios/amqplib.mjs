import amqplib from 'amqplib';

export const scenario = {
  integration: 'Amqplib',
  needs: 'rabbitmq',
  async start({ port, tracing }) {
    const connection = await amqplib.connect(`amqp://127.0.0.1:${port}`);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('mails', { autoDelete: true });
    const waiting = [];
    await channel.consume('mails', async (message) => {
      channel.ack(message);
      await tracing.startSpan({ name: 'in the consumer' }, () => new Promise((resolve) => setTimeout(resolve, 20)));
      const done = waiting.shift();
      setImmediate(() => done());
      if (message.content.toString() === 'broken') throw new TypeError('secret');
    });
    // What a consumer rejects with is its own affair.
    process.on('unhandledRejection', () => {});
    const publish = (text) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.sendToQueue('mails', Buffer.from(text), { headers: { own: 'secret' } });
      });
    return { connection, publish };
  },
  work: ({ publish }) => publish('secret'),
  fail: async ({ publish }) => {
    await publish('broken');
    throw new Error('as all that fails');
  },
  stop: ({ connection }) => connection.close(),
  tree: [
    'parent',
    '  publish mails [queue.publish]',
    '    process mails [queue.process]',
    '      in the consumer',
    'failing error',
    '  publish mails [queue.publish]',
    '    process mails [queue.process] error',
    '      in the consumer',
  ],
  attributes: {
    'publish mails': { 'messaging.system': 'rabbitmq', 'messaging.destination.name': 'mails', 'sentry.origin': 'auto.queue.rabbitmq' },
    'process mails': { 'messaging.operation.name': 'process', 'messaging.rabbitmq.destination.routing_key': 'mails' },
  },
  lastsMs: { 'process mails': 19 },
};
