import { type AttributeList, type AttributeValue, indexOf, toRecord } from '../span/attributes.ts';
import { NAME_SOURCE } from '../span/segment.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import {
  type ConstantAttributes,
  decisionAttributes,
  SAMPLE_RATE,
  SEGMENT_ID,
  SEGMENT_NAME,
  type SpanParts,
  withConstants,
} from '../wire/constants.ts';
import type { EventWriter, Place } from './event-writer.ts';
import { toJsonText } from './json-text.ts';
import { measurementsOf } from './measurements.ts';

/** What all transactions of a client say. */
export interface TransactionFacts {
  readonly platform: 'node' | 'javascript';
  readonly release: string | undefined;
  readonly environment: string;
  readonly dist: string | undefined;
  readonly serverName: string | undefined;
  readonly sdk: { readonly name: string; readonly version: string };
  readonly integrations: readonly string[];
  readonly constants: ConstantAttributes;
}

type ValueOf = (key: string) => AttributeValue | undefined;

/** Names of attributes that stand elsewhere in a transaction as well. */
const CONTEXTS = {
  runtime: { name: 'process.runtime.name', version: 'process.runtime.version' },
  os: { name: 'os.name', version: 'os.version' },
  device: { family: 'device.family', model: 'device.model' },
};
/** Names of attributes that a top-level span has from its segment. */
const RESERVED = [NAME_SOURCE, 'sentry.span.source', SAMPLE_RATE, SEGMENT_ID, SEGMENT_NAME];
const USER = { id: 'user.id', email: 'user.email', username: 'user.name', ip_address: 'user.ip_address' };
const REQUEST = { url: 'url.full', method: 'http.request.method' };

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** Writes top-level spans as transactions. What is the same for all of them is made once. */
export class TransactionFormat {
  readonly #facts: TransactionFacts;
  readonly #contexts: Uint8Array;
  readonly #constant: Uint8Array;
  readonly #constantData: Uint8Array;
  readonly #constantNames: ReadonlySet<unknown>;
  readonly #serverName: AttributeValue | undefined;

  constructor(facts: TransactionFacts) {
    const { constants, platform, release, environment, dist, sdk, integrations } = facts;
    this.#facts = facts;
    const valueOf: ValueOf = (key) => find(constants.segment, key);
    const contexts = Object.entries(CONTEXTS).map(([name, keys]) => [name, pick(keys, valueOf)] as const);
    this.#contexts = utf8(
      `${contexts.map(([name, content]) => (content === undefined ? '' : `,"${name}":${toJsonText(content)}`)).join('')}},`,
    );
    const packages = [{ name: `npm:@spanstream/${sdk.name.split('.')[1]}`, version: sdk.version }];
    const more = { platform, release, environment, dist, sdk: { ...sdk, integrations, packages } };
    this.#constant = utf8(`,${toJsonText(more).slice(1, -1)}`);
    const data = toJsonText(toRecord(constants.segment)).slice(1, -1);
    this.#constantData = utf8(data === '' ? '' : `,${data}`);
    this.#constantNames = new Set([...constants.segment.filter((_, i) => i % 2 === 0), ...RESERVED]);
    this.#serverName = facts.serverName ?? valueOf('server.address');
  }

  /** @param tags names of attributes that were set as tags */
  write(writer: EventWriter, span: SpanParts, tags: ReadonlySet<string> | undefined): Place {
    const isPlain = span.isSegment && span.omitted === undefined && !this.#replacesConstants(span.attributes);
    const data = isPlain ? [...span.attributes, ...decisionAttributes(span.segment)] : this.#wholeData(span);
    const valueOf: ValueOf = (key) => find(data, key);
    const own =
      `"transaction_info":{"source":${toJsonText(span.isSegment ? span.segment.source : 'custom')}}` +
      member('server_name', this.#facts.serverName ?? valueOf('server.address') ?? this.#serverName) +
      member('user', pick(USER, valueOf)) +
      member('request', span.isSegment ? pick(REQUEST, valueOf) : undefined) +
      member('tags', tags && Object.fromEntries([...tags].map((key) => [key, valueOf(key)]))) +
      member('measurements', measurementsOf(data));
    return writer.writeTop(span, {
      data,
      constantData: isPlain ? this.#constantData : NO_BYTES,
      contexts: this.#contexts,
      own,
      constant: this.#constant,
    });
  }

  #replacesConstants(attributes: AttributeList): boolean {
    for (let i = 0; i < attributes.length; i += 2) if (this.#constantNames.has(attributes[i])) return true;
    return false;
  }

  /** Its attributes but for those that the event says for all spans. */
  #wholeData(span: SpanParts): AttributeList {
    const all = withConstants(span, { every: [], segment: this.#facts.constants.segment });
    return all.filter((_, i) => all[i - (i % 2)] !== SEGMENT_ID && all[i - (i % 2)] !== SEGMENT_NAME);
  }
}

function member(name: string, value: unknown): string {
  return value === undefined ? '' : `,"${name}":${toJsonText(value)}`;
}

function utf8(text: string): Uint8Array {
  const out = new ByteWriter(text.length * 3);
  out.utf8(text);
  return out.toBytes();
}

function find(list: AttributeList, key: string): AttributeValue | undefined {
  const at = indexOf(list, key);
  return at < 0 ? undefined : list[at + 1];
}

function pick(keys: Readonly<Record<string, string>>, valueOf: ValueOf): object | undefined {
  let found: Record<string, AttributeValue> | undefined;
  for (const name of Object.keys(keys)) {
    const value = valueOf(keys[name]!);
    if (value !== undefined) (found ??= {})[name] = value;
  }
  return found;
}
