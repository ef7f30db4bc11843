import { HTTP_RESPONSE_STATUS_CODE, SENTRY_OP, SENTRY_ORIGIN } from '@sentry/conventions/attributes';
import {
  type AnySpan,
  createPropagationTargets,
  httpClientSpanName,
  type IntegrationClient,
  methodAttributes,
  sanitizeUrl,
  statusFromHttp,
  urlAttributes,
} from '@spanstream/core';
import { ownOrigin } from '../own-origin.ts';

/** Options of the integrations that trace requests. */
export interface RequestOptions {
  /**
   * Default false. True: another origin gets headers only after it has answered a request with them, made in the background
   * beside the first one that would have carried them. So none of the page's own requests fails for an unprepared server.
   */
  readonly probeCors?: boolean;
}

/** A request about to leave. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly span: AnySpan;
  /** The trace headers; undefined where none are to be sent. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** It has some, and if it fails it may be sent once more without them: to ask twice is safe (R28). */
  readonly mayRepeat: boolean;
}

type StartRequest = (method: string, given: string, credentials?: RequestCredentials) => OutgoingRequest | undefined;

/** Answers of other origins to requests with trace headers; for the life of the page. */
const probes = new Map<string, boolean>();

/** URLs without query of which trace headers were seen to break the requests: they redirect to a server that refuses them. */
const refusing = new Set<string>();
const MAX_REFUSING = 100;

const resourceOf = (url: URL): string => url.origin + url.pathname;

/** A request that failed with trace headers has succeeded without. */
export function noteRefusal(url: URL): void {
  if (refusing.size < MAX_REFUSING) refusing.add(resourceOf(url));
}

/** What `fetch` and XMLHttpRequest have in common: which requests are traced, their spans and their headers. */
export function createOutgoing(client: IntegrationClient, library: string, { probeCors }: RequestOptions): StartRequest {
  const { current } = client;
  const { tracePropagationTargets, sendDefaultPii } = client.settings;
  const isTarget = createPropagationTargets(tracePropagationTargets);

  const mayCarry = (url: URL, headers: Record<string, string>, credentials: RequestCredentials): boolean => {
    if (url.origin === ownOrigin())
      return tracePropagationTargets === undefined || isTarget(url.href) || isTarget(url.pathname + url.search);
    return tracePropagationTargets !== undefined && isTarget(url.href) && (probeCors !== true || hasAccepted(url, headers, credentials));
  };

  const hasAccepted = (url: URL, headers: Record<string, string>, credentials: RequestCredentials): boolean => {
    const key = [url.origin, credentials, ...Object.keys(headers)].join();
    const known = probes.get(key);
    if (known !== undefined) return known;
    probes.set(key, false);
    const { tracer } = current;
    // HEAD, like GET, is allowed by any preflight that allows the headers, and has no effects.
    tracer
      .runIn({ ...tracer.context, suppressed: true }, () => fetch(url, { method: 'HEAD', headers, credentials, cache: 'no-store' }))
      .then(() => probes.set(key, true))
      .catch((error: unknown) =>
        current.fault(
          `${url.origin} needs Access-Control-Allow-Headers: ${Object.keys(headers).join(', ')}. Until then, probing it`,
          error,
        ),
      );
    return false;
  };

  return (givenMethod, given, credentials = 'same-origin') => {
    // These, and no others, leave in capitals: https://fetch.spec.whatwg.org/#concept-method-normalize
    const method = /^(delete|get|head|options|post|put)$/i.test(givenMethod) ? givenMethod.toUpperCase() : givenMethod;
    const url = new URL(given, globalThis.document?.baseURI ?? location.href);
    url.hash = '';
    // A tunnel may be a path of the page's own server.
    const isOwnPath = url.origin === location.origin && client.isOwnUrl(url.pathname);
    if (isOwnPath || client.isOwnUrl(given) || client.isOwnUrl(url.href) || !/^https?:$/.test(url.protocol)) return undefined;
    const { tracer } = current;
    const sanitized = sanitizeUrl(url.href, sendDefaultPii);
    const { span } = tracer.begin({
      name: httpClientSpanName(method, sanitized.host),
      attributes: {
        [SENTRY_OP]: 'http.client',
        [SENTRY_ORIGIN]: `auto.http.${library}`,
        ...methodAttributes(method),
        ...urlAttributes(sanitized),
      },
      active: false,
      // After the end of the page load there is its trace; without one, a request alone says little.
      onlyIfParent: tracer.context.trace === undefined,
    });
    const headers = current.headers.create(tracer.context, span);
    const isCarrier = !refusing.has(resourceOf(url)) && mayCarry(url, headers, credentials);
    return { url, span, headers: isCarrier ? headers : undefined, mayRepeat: isCarrier && /^(GET|HEAD)$/.test(method) };
  };
}

/** What a response's status says about the request. */
export function noteStatus(span: AnySpan, status: number): void {
  if (status === 0) return; // an opaque response
  span.setAttribute(HTTP_RESPONSE_STATUS_CODE, status);
  if (statusFromHttp(status, 'client') === 'error') span.fail({ name: String(status) });
}
