import {
  SENTRY_DIST,
  SENTRY_ENVIRONMENT,
  SENTRY_RELEASE,
  SENTRY_SDK_INTEGRATIONS,
  SENTRY_SDK_NAME,
  SENTRY_SDK_VERSION,
  SENTRY_TRACE_LIFECYCLE,
  SERVER_ADDRESS,
} from '@sentry/conventions/attributes';
import type { ResolvedOptions } from './options.ts';
import type { Platform } from './platform.ts';
import { type AttributeList, type Attributes, setAttributes } from './span/attributes.ts';
import type { ConstantAttributes } from './wire/constants.ts';

/** What is constant is bounded, but not by what the user allows a span. */
const CONSTANT_LIMITS = { maxAttributes: Infinity, maxStringBytes: 8192, maxArrayLength: 1000, maxLinks: 0 };

/** The attributes that need no second thought per span; empty ones are left out (wire.md). */
export function constantAttributes(options: ResolvedOptions, platform: Platform, integrations: readonly string[]): ConstantAttributes {
  const every = {
    [SENTRY_TRACE_LIFECYCLE]: options.traceLifecycle === 'stream' ? 'stream' : 'static',
    [SENTRY_SDK_NAME]: platform.sdkName,
    [SENTRY_SDK_VERSION]: __SDK_VERSION__,
    [SENTRY_RELEASE]: options.release,
    [SENTRY_ENVIRONMENT]: options.environment,
    [SENTRY_DIST]: options.dist,
  };
  const segment = {
    ...platform.segmentAttributes(),
    ...(options.serverName && { [SERVER_ADDRESS]: options.serverName }),
    ...(integrations.length > 0 && { [SENTRY_SDK_INTEGRATIONS]: integrations }),
  };
  return { every: toList(every), segment: toList(segment) };
}

function toList(attributes: Attributes): AttributeList {
  const list: AttributeList = [];
  const ignore = (): void => undefined;
  setAttributes(list, attributes, { limits: CONSTANT_LIMITS, attributeCut: ignore, attributeDropped: ignore });
  return list;
}
