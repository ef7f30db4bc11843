import { describeError } from '../diagnostics.ts';
import type { Batch } from './batch.ts';
import type { ClientReports } from './client-reports.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryDiagnostics } from './delivery-diagnostics.ts';

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

/** Everything unsent as text, for a process that ends now (R31). */
export interface HandOver {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** False: the bodies leave as they are. */
  readonly mayCompress?: boolean;
  /** Whole envelopes, of which the last one may be a client report, or requests of a sink. */
  readonly bodies: readonly (Uint8Array<ArrayBuffer> | string)[];
  /** Accounts for them: whether the envelope of the same index was accepted. */
  settle(wasDelivered: readonly boolean[]): void;
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
