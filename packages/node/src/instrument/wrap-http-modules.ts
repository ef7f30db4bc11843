import type { ClientRequest } from 'node:http';
import { isLoaded } from './on-builtin-load.ts';
import { replaceMethod } from './replace-method.ts';

type HttpModule = Record<'request' | 'get', (...args: never[]) => ClientRequest>;

/** Node’s `ClientRequest` as far as its types do not know it: both modules turn headers into text with this, once for each request. */
interface RequestPrototype {
  _storeHeader(this: ClientRequest, ...args: never[]): unknown;
}

/** Calls back with each request that `node:http` and `node:https` make, before it leaves, on Node that has no channel for it. */
export function wrapHttpModules(onCreated: (request: ClientRequest) => void, onFault: (error: unknown) => void): () => void {
  const wraps = new HttpWraps(onCreated, onFault);
  return () => wraps.restore();
}

class HttpWraps {
  readonly #onCreated: (request: ClientRequest) => void;
  readonly #onFault: (error: unknown) => void;
  readonly #restores: (() => void)[] = [];
  /** Requests made here while `node:https` is awaited. */
  #created: WeakSet<ClientRequest> | undefined;
  /** That with which `node:https` arrived. */
  #first: ClientRequest | undefined;

  constructor(onCreated: (request: ClientRequest) => void, onFault: (error: unknown) => void) {
    this.#onCreated = onCreated;
    this.#onFault = onFault;
    const wasLoaded = isLoaded('node:http');
    const http = process.getBuiltinModule('node:http');
    this.#wrap(http as unknown as HttpModule);
    // It brings TLS and all of crypto, 5 ms (Node 20), which not every program needs.
    if (isLoaded('node:https')) this.#wrapHttps();
    else this.#awaitHttps(http.ClientRequest.prototype as unknown as RequestPrototype);
    if (wasLoaded) syncExports();
  }

  restore(): void {
    for (const restore of this.#restores.splice(0)) restore();
    syncExports();
  }

  #wrapHttps(): void {
    this.#wrap(process.getBuiltinModule('node:https') as unknown as HttpModule);
  }

  /** Nothing tells that `node:https` was loaded, but its first request goes through here: that one is seen as its headers leave. */
  #awaitHttps(prototype: RequestPrototype): void {
    const created = (this.#created = new WeakSet());
    const original = prototype._storeHeader;
    const arrived = (request: ClientRequest): void => {
      this.#created = undefined;
      this.#first = request;
      restore();
      this.#wrapHttps();
      syncExports();
      this.#onCreated(request);
    };
    const onStored = (request: ClientRequest): void => {
      try {
        if (this.#created !== undefined && request.protocol === 'https:' && !created.has(request)) arrived(request);
      } catch (error) {
        this.#onFault(error);
      }
    };
    const restore = replaceMethod(prototype, '_storeHeader', function (this: ClientRequest, ...args: never[]): unknown {
      const result = original.apply(this, args);
      onStored(this);
      return result;
    });
    this.#restores.push(restore);
  }

  #wrap(module: HttpModule): void {
    const original = module.request;
    const request = (self: unknown, args: never[]): ClientRequest => {
      const created = original.apply(self, args);
      this.#created?.add(created);
      if (created !== this.#first) this.#onCreated(created);
      return created;
    };
    this.#restores.push(
      replaceMethod(module, 'request', function (this: unknown, ...args: never[]): ClientRequest {
        return request(this, args);
      }),
      // As Node's own, whose `get` would call the original: https://nodejs.org/api/http.html#httpgetoptions-callback
      replaceMethod(module, 'get', function (this: unknown, ...args: never[]): ClientRequest {
        const created = request(this, args);
        created.end();
        return created;
      }),
    );
  }
}

/** `import { request } from 'node:http'` is to see the same. */
function syncExports(): void {
  process.getBuiltinModule('node:module').syncBuiltinESMExports();
}
