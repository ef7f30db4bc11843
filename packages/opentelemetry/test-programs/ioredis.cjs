const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
const { trace } = require('@opentelemetry/api');
const { run } = require('./tracing.cjs');

void run(
  () => [new IORedisInstrumentation({ requireParentSpan: false })],
  async () => {
    const Redis = require('ioredis');
    const tracer = trace.getTracer('program');
    const redis = new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT), lazyConnect: true });
    await tracer.startActiveSpan('work', async (span) => {
      await redis.connect();
      await redis.set('key', 'value');
      tracer.startSpan('between').end();
      await redis.get('key');
      await redis.pipeline().incr('n').expire('n', 10).exec();
      await redis.multi().set('a', 1).get('a').exec();
      await redis.hset('key', 'field', 1).catch(() => undefined);
      span.end();
    });
    await redis.get('alone');
    await redis.quit();
  },
);
