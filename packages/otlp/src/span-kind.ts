import {
  DB_SYSTEM,
  DB_SYSTEM_NAME,
  HTTP_REQUEST_METHOD,
  MESSAGING_OPERATION_TYPE,
  OTEL_KIND,
  SENTRY_KIND,
  SENTRY_OP,
  URL_FULL,
} from '@sentry/conventions/attributes';
import type { PlainList } from './final-span.ts';

/** As the API of OpenTelemetry numbers them. */
export const SpanKind = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;
type Kind = (typeof SpanKind)[keyof typeof SpanKind];

const KINDS = new Map<string, Kind>(Object.entries(SpanKind));
const OPS = new Map<string, Kind>([
  ['queue.publish', SpanKind.producer],
  ['queue.create', SpanKind.producer],
  ['queue.process', SpanKind.consumer],
  ['queue.receive', SpanKind.consumer],
]);
const MESSAGING = new Map<unknown, Kind>([
  ['create', SpanKind.producer],
  ['send', SpanKind.producer],
  ['publish', SpanKind.producer],
  ['receive', SpanKind.consumer],
  ['process', SpanKind.consumer],
]);
/** Ops are few, and asked for with each span. */
const kindsOfOps = new Map<string, Kind>();
const MAX_REMEMBERED = 500;

/** The kind that a span's attributes tell: as it is stated, by its op, else by what only clients or servers have. */
export function spanKindOf(attributes: PlainList): Kind {
  let kind: Kind = SpanKind.internal;
  let op: unknown;
  let isHttp = false;
  for (let i = 0; i < attributes.length; i += 2) {
    const value = attributes[i + 1];
    switch (attributes[i]) {
      case SENTRY_KIND:
      case OTEL_KIND: {
        const stated = typeof value === 'string' ? KINDS.get(value.toLowerCase()) : undefined;
        if (stated !== undefined) return stated;
        break;
      }
      case SENTRY_OP:
        op = value;
        break;
      case DB_SYSTEM:
      case DB_SYSTEM_NAME:
      case URL_FULL:
        kind = SpanKind.client;
        break;
      case HTTP_REQUEST_METHOD:
        isHttp = true;
        break;
      case MESSAGING_OPERATION_TYPE:
        kind = MESSAGING.get(value) ?? kind;
        break;
    }
  }
  if (typeof op === 'string') return kindOfOp(op);
  return isHttp && kind === SpanKind.internal ? SpanKind.server : kind;
}

function kindOfOp(op: string): Kind {
  let kind = kindsOfOps.get(op);
  if (kind === undefined) {
    kind = OPS.get(op) ?? guess(op);
    if (kindsOfOps.size >= MAX_REMEMBERED) kindsOfOps.clear();
    kindsOfOps.set(op, kind);
  }
  return kind;
}

function guess(op: string): Kind {
  if (op.endsWith('.server')) return SpanKind.server;
  return op.endsWith('.client') || /^(db|cache)(\.|$)/.test(op) ? SpanKind.client : SpanKind.internal;
}
