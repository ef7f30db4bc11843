/** The address of a project on an ingestion server (wire.md, DSN). The legacy secret is read over and not kept. */
export interface Dsn {
  readonly protocol: 'http' | 'https';
  readonly publicKey: string;
  /** Lower case; an IPv6 address in its brackets. */
  readonly host: string;
  /** 1..65535; undefined: the protocol's own. */
  readonly port: number | undefined;
  /** What stands before `/api/`: empty, or begins with a slash and does not end with one. */
  readonly path: string;
  readonly projectId: string;
  /** From a host that begins `o<digits>.`. */
  readonly orgId: string | undefined;
}

/** Who speaks to the server. */
export interface SdkInfo {
  /** E.g. `spanstream.node`. */
  readonly name: string;
  readonly version: string;
}

/** `protocol://publicKey[:secret]@host[:port][/path]/projectId`; the host by letters, digits, dots, dashes and underscores or as IPv6 in brackets. */
const DSN =
  /^(https?):\/\/([\w.~-]+)(?::[^@/?#\s]*)?@([\w.-]+|\[[\da-f:.]*:[\da-f:.]*\])(?::(\d{1,5}))?((?:\/[\w.~!$&'()*+,;=:@%-]+)*)\/([\w.~-]+)$/i;

/** Reads a DSN; undefined when it is none. White space around it does not count. */
export function parseDsn(text: string): Dsn | undefined {
  const parts = DSN.exec(text.trim());
  if (parts === null) return undefined;
  const [, protocol = '', publicKey = '', rawHost = '', rawPort, path = '', projectId = ''] = parts;
  const host = rawHost.toLowerCase();
  const port = rawPort === undefined ? undefined : Number(rawPort);
  if (port === 0 || (port !== undefined && port > 65535)) return undefined;
  return {
    protocol: protocol.toLowerCase() as Dsn['protocol'],
    publicKey,
    host,
    port,
    path,
    projectId,
    orgId: /^o(\d+)\./.exec(host)?.[1],
  };
}

/** Writes the DSN, without a secret; `parseDsn` reads it back. */
export function formatDsn(dsn: Dsn): string {
  return `${dsn.protocol}://${dsn.publicKey}@${authority(dsn)}${dsn.path}/${dsn.projectId}`;
}

/** Where envelopes go. `query` puts the credentials into the URL, which spares browsers a preflight; `header` leaves them to `authHeader`. */
export function envelopeUrl(dsn: Dsn, authentication: 'header' | 'query', sdk: SdkInfo): string {
  const url = `${dsn.protocol}://${authority(dsn)}${dsn.path}/api/${dsn.projectId}/envelope/`;
  if (authentication === 'header') return url;
  return `${url}?sentry_version=7&sentry_key=${dsn.publicKey}&sentry_client=${encodeURIComponent(`${sdk.name}/${sdk.version}`)}`;
}

/** The value of `X-Sentry-Auth`. */
export function authHeader(dsn: Dsn, sdk: SdkInfo): string {
  return `Sentry sentry_version=7, sentry_key=${dsn.publicKey}, sentry_client=${sdk.name}/${sdk.version}`;
}

function authority(dsn: Dsn): string {
  return dsn.port === undefined ? dsn.host : `${dsn.host}:${dsn.port}`;
}
