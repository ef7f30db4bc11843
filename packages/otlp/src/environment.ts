import { isHeader, type OtlpProtocol, parseUrl } from './endpoint.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the variables say. */
export interface OtlpEnvironment {
  /** The traces endpoint, as it stands. */
  readonly url: string | undefined;
  /** The general endpoint, to which a path is added. */
  readonly baseUrl: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: OtlpProtocol | undefined;
  readonly compression: 'gzip' | 'none' | undefined;
  readonly timeoutMs: number | undefined;
  readonly resource: Readonly<Record<string, string>>;
}

const PROTOCOLS = new Map<string, OtlpProtocol>([
  ['http/json', 'json'],
  ['http/protobuf', 'protobuf'],
]);

/**
 * Reads `OTEL_EXPORTER_OTLP_*`, those for traces first, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. An empty variable
 * counts as unset, a wrong one is ignored with a warning:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readOtlpEnvironment(env: Environment, warn: (message: string) => void): OtlpEnvironment {
  const one = <T>(name: string, read: (text: string) => T | undefined): T | undefined => {
    const text = env[name]?.trim();
    if (!text) return undefined;
    const value = read(text);
    if (value === undefined) warn(`The environment variable ${name} is ignored: ${JSON.stringify(text)} is no value for it.`);
    return value;
  };
  const either = <T>(name: string, read: (text: string) => T | undefined): T | undefined =>
    one(`OTEL_EXPORTER_OTLP_TRACES_${name}`, read) ?? one(`OTEL_EXPORTER_OTLP_${name}`, read);
  const serviceName = one('OTEL_SERVICE_NAME', (text) => text);
  const resource = one('OTEL_RESOURCE_ATTRIBUTES', (text) => parsePairs(text));
  return {
    url: one('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', (text) => parseUrl(text)?.href),
    baseUrl: one('OTEL_EXPORTER_OTLP_ENDPOINT', (text) => parseUrl(text)?.href),
    headers: either('HEADERS', parseHeaders) ?? {},
    protocol: either('PROTOCOL', (text) => PROTOCOLS.get(text)),
    compression: either('COMPRESSION', (text) => (text === 'gzip' || text === 'none' ? text : undefined)),
    timeoutMs: either('TIMEOUT', (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)),
    resource: { ...resource, ...(serviceName !== undefined && { 'service.name': serviceName }) },
  };
}

function parseHeaders(text: string): Record<string, string> | undefined {
  const headers = parsePairs(text);
  return headers !== undefined && Object.entries(headers).every(([name, value]) => isHeader(name, value)) ? headers : undefined;
}

/** `key=value` pairs between commas, percent-encoded as in W3C baggage; undefined when one is none, for then all are ignored. */
function parsePairs(text: string): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    try {
      pairs.push([decodeURIComponent(part.slice(0, at).trim()), decodeURIComponent(part.slice(at + 1).trim())]);
    } catch {
      return undefined; // a percent sign that encodes nothing
    }
  }
  return Object.fromEntries(pairs);
}
