import { type AttributeList, type AttributeValue, indexOf } from '../span/attributes.ts';
import { type ConstantAttributes, SEGMENT_ID, SEGMENT_NAME, type SpanParts, withConstants } from '../wire/constants.ts';
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
const USER = { id: 'user.id', email: 'user.email', username: 'user.name', ip_address: 'user.ip_address' };
const REQUEST = { url: 'url.full', method: 'http.request.method' };

/** Writes top-level spans as transactions. What is the same for all of them is text already. */
export class TransactionFormat {
  readonly #facts: TransactionFacts;
  readonly #contexts: string;
  readonly #constant: string;

  constructor(facts: TransactionFacts) {
    const { constants, platform, release, environment, dist, sdk, integrations } = facts;
    this.#facts = facts;
    const valueOf: ValueOf = (key) => find(constants.segment, key);
    const contexts = Object.entries(CONTEXTS).map(([name, keys]) => [name, pick(keys, valueOf)] as const);
    this.#contexts = contexts.map(([name, content]) => (content === undefined ? '' : `,"${name}":${toJsonText(content)}`)).join('');
    const packages = [{ name: `npm:@spanstream/${sdk.name.split('.')[1]}`, version: sdk.version }];
    const more = { platform, release, environment, dist, sdk: { ...sdk, integrations, packages } };
    this.#constant = toJsonText(more).slice(1, -1);
  }

  /** @param tags names of attributes that were set as tags */
  write(writer: EventWriter, span: SpanParts, tags: ReadonlySet<string> | undefined): Place {
    const { constants, serverName } = this.#facts;
    const data = this.#dataOf(span, constants);
    const valueOf: ValueOf = (key) => find(data, key);
    const source = span.isSegment ? span.segment.source : 'custom';
    const own = {
      transaction_info: { source },
      server_name: serverName ?? valueOf('server.address'),
      user: pick(USER, valueOf),
      request: span.isSegment ? pick(REQUEST, valueOf) : undefined,
      tags: tags && Object.fromEntries([...tags].map((key) => [key, valueOf(key)])),
      measurements: measurementsOf(data),
    };
    return writer.writeTop(span, data, `${this.#contexts}},${toJsonText(own).slice(1, -1)},${this.#constant}`);
  }

  /** Its attributes but for those that the event says for all spans. */
  #dataOf(span: SpanParts, { segment }: ConstantAttributes): AttributeList {
    const all = withConstants(span, { every: [], segment });
    return all.filter((_, i) => all[i - (i % 2)] !== SEGMENT_ID && all[i - (i % 2)] !== SEGMENT_NAME);
  }
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
