import { describeError, type Diagnostics } from '../diagnostics.ts';
import type { Batch } from '../wire/batch.ts';
import type { ClientReports } from './client-reports.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryDiagnostics } from './delivery-diagnostics.ts';
import type { HandOver } from './sink.ts';
import type { SinkDelivery } from './sink-delivery.ts';

/** What of a client is asked. */
interface HandOverClient {
  readonly options: { readonly transport?: unknown };
  readonly parts: {
    readonly lifecycle: { flush(): void };
    readonly delivery: Delivery | undefined;
    readonly clientReports: ClientReports;
    readonly diagnostics: DeliveryDiagnostics;
  };
}

interface SinkParts {
  readonly sinks: SinkDelivery | undefined;
  readonly diagnostics: Diagnostics;
}

/** Takes everything unsent out of a client, for a process that ends now. */
export function createHandOver({ options, parts }: HandOverClient): HandOver {
  const { lifecycle, delivery, clientReports, diagnostics } = parts;
  lifecycle.flush();
  // A transport of the application's own may go anywhere, so nobody else may send in its place.
  if (delivery === undefined || options.transport !== undefined) return { url: '', headers: {}, bodies: [], settle: () => undefined };
  const batches: Batch[] = [];
  const bodies: (Uint8Array<ArrayBuffer> | string)[] = [];
  for (const batch of delivery.takeUnsent()) {
    try {
      bodies.push(batch.encode());
      batches.push(batch);
    } catch (error) {
      diagnostics.debug('rejected', `A batch could not be encoded: ${describeError(error)}`);
      delivery.unsent.failed([batch]);
    }
  }
  const report = clientReports.take();
  return {
    url: delivery.url,
    headers: delivery.headers,
    bodies: report === undefined ? bodies : [...bodies, report.text],
    settle(wasDelivered) {
      delivery.unsent.delivered(batches.filter((_batch, index) => wasDelivered[index] === true));
      delivery.unsent.failed(batches.filter((_batch, index) => wasDelivered[index] !== true));
    },
  };
}

/** The same of each sink that can tell. */
export function createSinkHandOvers({ sinks, diagnostics }: SinkParts): HandOver[] {
  if (sinks === undefined) return [];
  sinks.handOverAll();
  return sinks.sinks
    .map((sink) => diagnostics.guard(`The sink ${sink.name}`, () => sink.takeUnsent?.(), undefined))
    .filter((unsent) => unsent !== undefined);
}
