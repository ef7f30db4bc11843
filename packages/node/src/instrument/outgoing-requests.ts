import { HTTP_RESPONSE_STATUS_CODE, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import {
  type AnySpan,
  createPropagationTargets,
  type Current,
  httpClientSpanName,
  type IntegrationClient,
  methodAttributes,
  sanitizeUrl,
  statusFromHttp,
  urlAttributes,
} from '@spanstream/core';
import { failSpan } from './fail-span.ts';

/** A request about to leave. */
export interface OutgoingRequest {
  /** Records nothing where there is no parent. */
  readonly span: AnySpan;
  /** The trace headers; undefined when the URL is none of `tracePropagationTargets`. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** What the clients have in common: which requests are traced, their spans and their headers. */
export class OutgoingRequests {
  readonly current: Current;
  readonly #client: IntegrationClient;
  readonly #origin: string;
  readonly #sendDefaultPii: boolean;
  readonly #isTarget: (url: string) => boolean;

  constructor(client: IntegrationClient, origin: string) {
    this.current = client.current;
    this.#client = client;
    this.#origin = origin;
    this.#sendDefaultPii = client.settings.sendDefaultPii;
    this.#isTarget = createPropagationTargets(client.settings.tracePropagationTargets);
  }

  /** Undefined for the SDK's own requests, and for `CONNECT`: it opens a tunnel, and what goes through that is traced. */
  start(method: string, url: string): OutgoingRequest | undefined {
    if (method === 'CONNECT' || this.#client.isOwnUrl(url)) return undefined;
    const { tracer, headers } = this.current;
    const sanitized = sanitizeUrl(url, this.#sendDefaultPii);
    const attributes = {
      [SENTRY_OP]: 'http.client',
      [SENTRY_ORIGIN]: this.#origin,
      ...methodAttributes(method),
      ...urlAttributes(sanitized),
    };
    const { span } = tracer.begin({ name: httpClientSpanName(method, sanitized.host), attributes, active: false, onlyIfParent: true });
    return { span, headers: this.#isTarget(url) ? headers.create(tracer.context, span) : undefined };
  }
}

/** What a response's status says about the request. */
export function noteStatus(span: AnySpan, statusCode: number): void {
  span.setAttribute(HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (statusFromHttp(statusCode, 'client') === 'error') failSpan(span, String(statusCode));
}
