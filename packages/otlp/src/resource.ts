import {
  OS_NAME,
  OS_TYPE,
  OS_VERSION,
  PROCESS_PID,
  PROCESS_RUNTIME_NAME,
  PROCESS_RUNTIME_VERSION,
  SERVER_ADDRESS,
  SERVICE_NAME,
  SERVICE_VERSION,
} from '@sentry/conventions/attributes';
import type { AttributeValue, SinkContext } from '@spanstream/core';
import type { PlainValue } from './final-span.ts';

type ResourceAttributes = Record<string, PlainValue>;

/** `package@version`, as releases are named. */
const RELEASE = /^(.+)@([^@]+)$/;
const OS_TYPES: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };

/**
 * Who sends, by the semantic conventions, less what is not known: https://opentelemetry.io/docs/specs/semconv/resource/
 * @param given of options and variables; goes before everything else
 */
export function resourceAttributes(
  context: SinkContext,
  given: Readonly<Record<string, PlainValue>>,
  processId: number | undefined,
): ResourceAttributes {
  const { sdk, release, environment, facts, platform } = context;
  const isNode = platform.name === 'node';
  const [, name, version] = RELEASE.exec(release ?? '') ?? [];
  const os = facts[OS_NAME];
  return withoutUndefined({
    [SERVICE_NAME]: name ?? (isNode ? 'unknown_service:node' : 'unknown_service'),
    [SERVICE_VERSION]: version ?? release,
    'deployment.environment.name': environment,
    'telemetry.sdk.name': 'spanstream',
    'telemetry.sdk.language': isNode ? 'nodejs' : 'webjs',
    'telemetry.sdk.version': sdk.version,
    'host.name': facts[SERVER_ADDRESS],
    [OS_TYPE]: typeof os === 'string' ? (OS_TYPES[os] ?? os) : undefined,
    [OS_VERSION]: facts[OS_VERSION],
    [PROCESS_PID]: processId,
    [PROCESS_RUNTIME_NAME]: isNode ? 'nodejs' : undefined,
    [PROCESS_RUNTIME_VERSION]: facts[PROCESS_RUNTIME_VERSION],
    ...given,
  });
}

/** None of them has a unit. */
function withoutUndefined(attributes: Record<string, AttributeValue | undefined>): ResourceAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as ResourceAttributes;
}
