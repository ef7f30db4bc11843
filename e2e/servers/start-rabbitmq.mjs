import { spawnSync } from 'node:child_process';
import { findProgram, freePort, idsOf, makeFolder, startServer } from './start-server.mjs';

const findServer = () => findProgram('rabbitmq-server', '/usr/lib/rabbitmq/bin/rabbitmq-server');

/** Whether RabbitMQ is installed. */
export const hasRabbitMq = () => findServer() !== undefined;

/** RabbitMQ with the user `guest`, and the name server of its own that it asks for. */
export async function startRabbitMq() {
  const ids = idsOf('rabbitmq');
  const folder = makeFolder('rabbitmq', ids);
  const [port, distributionPort, namesPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_NODENAME: `spanstream${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: `${folder}/none`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(namesPort),
  };
  const server = await startServer({ program: findServer(), args: [], port, folder, ids, env });
  const stop = async () => {
    await server.stop();
    spawnSync(findProgram('epmd'), ['-port', String(namesPort), '-kill'], { ...ids, env });
  };
  return { port, stop };
}
