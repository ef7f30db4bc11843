import { SERVICE_NAME, SERVICE_VERSION } from '@sentry/conventions/attributes';
import type { ResolvedOptions } from '@spanstream/core';

type ResourceAttributes = Readonly<Record<string, string | number | boolean>>;

/** The conventions package has none of these: https://opentelemetry.io/docs/specs/semconv/resource/ */
const DEPLOYMENT_ENVIRONMENT_NAME = 'deployment.environment.name';
const HOST_NAME = 'host.name';
const SDK_LANGUAGE = 'telemetry.sdk.language';
const SDK_NAME = 'telemetry.sdk.name';
const SDK_VERSION = 'telemetry.sdk.version';

/** What processors and exporters of OpenTelemetry are told about this process (`Resource`). */
export interface Resource {
  readonly attributes: ResourceAttributes;
  readonly asyncAttributesPending: false;
  merge(other: { readonly attributes?: ResourceAttributes } | null): Resource;
  getRawAttributes(): [string, string | number | boolean][];
}

/** The resource that follows from the client's options. A release `shop@1.4.0` is version 1.4.0 of the service shop. */
export function createResource(options: ResolvedOptions, given?: ResourceAttributes): Resource {
  const { release, environment, serverName } = options;
  const [, service, version] = /^(.+)@([^@]+)$/.exec(release ?? '') ?? [];
  const known: Record<string, string | undefined> = {
    [SERVICE_NAME]: service ?? 'unknown_service',
    [SERVICE_VERSION]: version ?? release,
    [DEPLOYMENT_ENVIRONMENT_NAME]: environment,
    [HOST_NAME]: serverName,
    [SDK_LANGUAGE]: 'nodejs',
    [SDK_NAME]: 'spanstream',
    [SDK_VERSION]: __SDK_VERSION__,
  };
  const present = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return toResource({ ...Object.fromEntries(present), ...given });
}

function toResource(attributes: ResourceAttributes): Resource {
  return {
    attributes,
    asyncAttributesPending: false,
    merge: (other) => toResource({ ...attributes, ...other?.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  };
}
