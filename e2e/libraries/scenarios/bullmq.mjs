import { Queue, QueueEvents, Worker } from 'bullmq';
import { expectSame } from '../conform.mjs';

export const scenario = {
  integration: 'Bullmq',
  needs: 'redis',
  async start({ port, tracing }) {
    const connection = { host: '127.0.0.1', port };
    const queue = new Queue('mails', { connection });
    const events = new QueueEvents('mails', { connection });
    const worker = new Worker(
      'mails',
      async ({ data }) => {
        await tracing.startSpan({ name: 'in the worker' }, () => new Promise((resolve) => setTimeout(resolve, 20)));
        if (data.to === 'nobody') throw new TypeError('secret');
        return data.to;
      },
      { connection },
    );
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
    return { queue, events, worker };
  },
  async work({ queue, events }) {
    const job = await queue.add('welcome', { to: 'secret' });
    expectSame(await job.waitUntilFinished(events), 'secret', 'the result');
    const jobs = await queue.addBulk([{ name: 'a', data: { to: 'secret' } }]);
    await jobs[0].waitUntilFinished(events);
  },
  async fail({ queue, events }) {
    const job = await queue.add('welcome', { to: 'nobody' });
    await job.waitUntilFinished(events);
  },
  async stop({ queue, events, worker }) {
    await worker.close();
    await events.close();
    await queue.close();
  },
  /** What BullMQ says to Redis is below its spans, and differs with its version. */
  isShown: (span) => !/^(?:auto\.db\.|auto\.cache)/.test(span.attributes['sentry.origin']?.value ?? ''),
  tree: [
    'parent',
    '  publish mails [queue.publish]',
    '    process mails [queue.process]',
    '      in the worker',
    '  publish mails [queue.publish]',
    '    process mails [queue.process]',
    '      in the worker',
    'failing error',
    '  publish mails [queue.publish]',
    '    process mails [queue.process] error',
    '      in the worker',
  ],
  attributes: {
    'publish mails': { 'messaging.system': 'bullmq', 'messaging.destination.name': 'mails' },
    'process mails': { 'sentry.origin': 'auto.queue.bullmq', 'messaging.message.retry.count': 0, 'messaging.operation.name': 'process' },
  },
  lastsMs: { 'process mails': 19 },
};
