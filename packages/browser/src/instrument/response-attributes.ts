import {
  HTTP_RESPONSE_BODY_DECODED_SIZE,
  HTTP_RESPONSE_BODY_SIZE,
  HTTP_RESPONSE_SIZE,
  HTTP_RESPONSE_STATUS_CODE,
  NETWORK_PROTOCOL_NAME,
  NETWORK_PROTOCOL_VERSION,
  RESOURCE_RENDER_BLOCKING_STATUS,
} from '@sentry/conventions/attributes';
import type { Attributes } from '@spanstream/core';

/** `lib.dom` does not know all of it yet. */
export type ResourceTiming = PerformanceResourceTiming & { readonly renderBlockingStatus?: string };

/** Sizes and protocol, as far as the other origin lets them be known. */
export function responseAttributes(entry: ResourceTiming): Attributes {
  const { nextHopProtocol, transferSize, encodedBodySize, decodedBodySize } = entry;
  const [, name, version] = /^(?:([a-z]+)\/?)([\d.]+)$/.exec(nextHopProtocol ?? '') ?? [];
  return {
    [NETWORK_PROTOCOL_NAME]: name && (name === 'h' ? 'http' : name),
    [NETWORK_PROTOCOL_VERSION]: version,
    [HTTP_RESPONSE_STATUS_CODE]: entry.responseStatus || undefined,
    [RESOURCE_RENDER_BLOCKING_STATUS]: entry.renderBlockingStatus,
    ...(decodedBodySize > 0 && {
      [HTTP_RESPONSE_SIZE]: transferSize,
      [HTTP_RESPONSE_BODY_SIZE]: encodedBodySize,
      [HTTP_RESPONSE_BODY_DECODED_SIZE]: decodedBodySize,
    }),
  };
}
