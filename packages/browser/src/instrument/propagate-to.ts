import { getClient, type Integration, parseIncoming, type Teardown } from '@spanstream/core';
import { guarded, safely } from './guarded.ts';
import { replaceMethod } from './replace-method.ts';

/** A Worker, ServiceWorker, MessagePort or whatever else takes messages. */
export interface MessageTarget {
  postMessage(message: unknown, ...rest: never[]): void;
}

/** The member of the messages of ours. */
const MESSAGE = 'spanstream.trace';

/**
 * Lets the worker continue the trace in which each message is posted to it: a short message goes ahead of those whose span is
 * another one than before. The worker must run `init` before it listens to messages itself, else it sees these ones, too.
 * Returns what undoes it.
 */
export function propagateTo(worker: MessageTarget): Teardown {
  // Null is what `navigator.serviceWorker.controller` is on a page's first visit.
  return safely('propagateTo', () => follow(worker)) ?? (() => undefined);
}

function follow(worker: MessageTarget): Teardown {
  const { postMessage } = worker;
  let last: string | undefined;
  return replaceMethod(worker as { postMessage(...args: unknown[]): void }, 'postMessage', function (this: unknown, ...args: never[]) {
    safely('propagateTo', () => {
      const { current } = getClient() ?? {};
      const headers = current?.headers.create(current.tracer.context);
      if (headers === undefined || headers['sentry-trace'] === last) return;
      last = headers['sentry-trace'];
      Reflect.apply(postMessage, this, [{ [MESSAGE]: headers }] as never[]);
    });
    return Reflect.apply(postMessage, this, args);
  });
}

/** In a worker: continues the traces of pages that call `propagateTo`. Does nothing in a page. */
export function workerIntegration(): Integration {
  return {
    name: 'Worker',
    setup(client) {
      if (typeof document !== 'undefined' || typeof addEventListener !== 'function') return undefined;
      const { current } = client;
      const { tracer } = current;
      const onMessage = guarded(client, 'Worker', (event: Event) => {
        const headers: unknown = (event as MessageEvent<Record<string, unknown> | null>).data?.[MESSAGE];
        if (typeof headers !== 'object' || headers === null) return;
        event.stopImmediatePropagation();
        tracer.rootContext = { ...tracer.rootContext, trace: parseIncoming(headers as Record<string, string>, current.incoming) };
      });
      addEventListener('message', onMessage);
      return () => removeEventListener('message', onMessage);
    },
  };
}
