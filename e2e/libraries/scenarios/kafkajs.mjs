import kafkajs from 'kafkajs';
import { expectSame } from '../conform.mjs';

export const scenario = {
  integration: 'Kafkajs',
  needs: 'kafka',
  async start({ port, tracing }) {
    const kafka = new kafkajs.Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    const waiting = new Map();
    const arrived = ({ value, headers }) => {
      expectSame(String(headers.own), 'secret', 'the headers');
      waiting.get(String(value))?.();
    };
    await producer.connect();
    const consume = async (topic, handlers) => {
      // A group of its own, that begins where the topic ends when it has fetched for the first time: the broker outlives a run.
      const groupId = `${topic}-${process.pid}`;
      const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, retry: { initialRetryTime: 50 } });
      await consumer.connect();
      await consumer.subscribe({ topic });
      const fetched = new Promise((resolve) => consumer.on(consumer.events.FETCH, resolve));
      await consumer.run(handlers);
      await fetched;
      return consumer;
    };
    let isBroken = true;
    const consumers = await Promise.all([
      consume('mails', {
        eachMessage: async ({ message }) => {
          await tracing.startSpan({ name: 'in the consumer' }, () => new Promise((resolve) => setTimeout(resolve, 20)));
          // KafkaJS brings the message once more.
          if (String(message.value) === 'secret broken' && isBroken) {
            isBroken = false;
            throw new Error('secret');
          }
          setImmediate(arrived, message);
        },
      }),
      consume('letters', {
        eachBatch: async ({ batch }) => {
          tracing.startSpan({ name: 'in the batch' }, () => undefined);
          for (const message of batch.messages) setImmediate(arrived, message);
        },
      }),
    ]);
    const message = (value) => ({ key: 'secret', value, partition: 0, headers: { own: 'secret' } });
    const arrivals = (...values) => Promise.all(values.map((value) => new Promise((resolve) => waiting.set(value, resolve))));
    return { producer, consumers, message, arrivals };
  },
  async work({ producer, message, arrivals }) {
    const mail = arrivals('secret mail');
    const [{ topicName }] = await producer.send({ topic: 'mails', messages: [message('secret mail')] });
    expectSame(topicName, 'mails', 'the topic');
    await mail;
    const both = arrivals('secret letter', 'secret second letter');
    await producer.send({ topic: 'letters', messages: [message('secret letter'), message('secret second letter')] });
    await both;
    const several = arrivals('secret third letter', 'secret second mail');
    await producer.sendBatch({
      topicMessages: [
        { topic: 'letters', messages: [message('secret third letter')] },
        { topic: 'mails', messages: [message('secret second mail')] },
      ],
    });
    await several;
  },
  async fail({ producer, message, arrivals }) {
    const mail = arrivals('secret broken');
    await producer.send({ topic: 'mails', messages: [message('secret broken')] });
    await mail;
    await producer.send({ topic: 'mails', messages: [{ value: undefined }] });
  },
  async stop({ producer, consumers }) {
    await Promise.all([producer, ...consumers].map((client) => client.disconnect()));
  },
  tree: [
    'parent',
    '  publish mails [queue.publish]',
    '    process mails [queue.process]',
    '      in the consumer',
    '  publish letters [queue.publish]',
    '  publish letters, mails [queue.publish]',
    '    process mails [queue.process]',
    '      in the consumer',
    'process letters [queue.process]',
    '  in the batch',
    'process letters [queue.process]',
    '  in the batch',
    'failing error',
    '  publish mails [queue.publish]',
    '    process mails [queue.process] error',
    '      in the consumer',
    '    process mails [queue.process]',
    '      in the consumer',
    '  publish mails [queue.publish] error',
  ],
  attributes: {
    'publish mails': { 'sentry.origin': 'auto.queue.kafka', 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' },
    'publish letters': { 'messaging.batch.message_count': 2 },
    'publish letters, mails': { 'messaging.batch.message_count': 2 },
    'process mails': {
      'messaging.operation.name': 'process',
      'messaging.destination.partition.id': '0',
    },
    'process letters': { 'messaging.batch.message_count': 2, 'sentry.segment.name.source': 'task' },
  },
  measured: { 'process mails': ['messaging.message.receive.latency', 'messaging.kafka.offset'] },
  links: { 'process letters': ['publish letters', 'publish letters, mails'] },
  lastsMs: { 'process mails': 19 },
};
