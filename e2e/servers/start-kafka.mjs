import { findProgram, makeFolder, startServer } from './start-server.mjs';

const findClient = () => findProgram('kcat');

/** Whether kcat is installed; librdkafka, which it is built on, brings a broker for tests. */
export const hasKafka = () => findClient() !== undefined;

/**
 * One broker that keeps nothing and makes topics as they are asked for: librdkafka's own, inside a kcat that waits at the end of
 * an empty topic. A group of consumers is complete three seconds after its first member came.
 */
export async function startKafka() {
  const folder = makeFolder('kafka');
  const args = ['-C', '-q', '-b', '127.0.0.1:9', '-X', 'test.mock.num.brokers=1', '-t', 'nothing', '-p', '0', '-o', 'end'];
  const port = (said) => Number(/replaced with 127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? Number.NaN) || undefined;
  return startServer({ program: findClient(), args, port, folder });
}
