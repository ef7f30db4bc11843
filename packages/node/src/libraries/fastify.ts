import type { ServerResponse } from 'node:http';
import type { Integration } from '@spanstream/core';
import { eventChannel } from '../instrument/event-channel.ts';
import type { Library } from '../instrument/library.ts';
import { RequestLayers } from '../instrument/request-layers.ts';
import { noteRoute } from '../instrument/route.ts';
import { contextManager } from '../platform.ts';

/** https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks */
interface HandlerMessage {
  readonly reply: { readonly raw: ServerResponse };
  readonly route: { readonly url?: unknown };
  readonly error?: unknown;
}

const CHANNEL = 'fastify.request.handler';

/** Fastify, which publishes its handlers itself. */
export const fastify: Library = { integration: 'Fastify', packages: { fastify: '>=5.0.0 <6' }, publishes: '>=5.0.0', hooks: [] };

/** Gives each handler of Fastify a span until its response is there, and the request's span the name of its route. */
export function fastifyIntegration(): Integration {
  return {
    name: fastify.integration,
    setup({ current }) {
      const layers = new RequestLayers(current, 'fastify');
      const failed = eventChannel(CHANNEL, 'error');
      const unbind = contextManager.bind(eventChannel(CHANNEL, 'start'), (message) => {
        try {
          const { reply, route } = message as HandlerMessage;
          const url = typeof route.url === 'string' ? route.url : '';
          noteRoute(current, url);
          return layers.enter(reply.raw, { name: url, route: url });
        } catch (error) {
          current.fault(fastify.integration, error);
          return undefined;
        }
      });
      const onError = (message: unknown): void => {
        const { reply, error } = message as HandlerMessage;
        layers.fail(reply.raw, error);
      };
      failed.subscribe(onError);
      return () => {
        failed.unsubscribe(onError);
        unbind();
      };
    },
  };
}
