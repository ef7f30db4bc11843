import { type AttributeList, type AttributeObserver, type Attributes, setAttribute, setAttributes } from '../span/attributes.ts';
import type { Span } from '../span/span-data.ts';

/** Who uses the application; sent only with `sendDefaultPii`. */
export interface User {
  readonly id?: string | number;
  readonly email?: string;
  readonly username?: string;
  readonly name?: string;
  readonly ip_address?: string;
}

/** Attributes for every span of one unit of isolation, e.g. of one incoming request. Holds no request objects. */
export class Scope {
  readonly attributes: AttributeList;
  user: User | null;
  /** The span that stands for the whole unit, e.g. a request's server span, which a router deep inside gives its name. */
  entrySpan: Span | undefined;

  constructor(from?: Scope) {
    this.attributes = from === undefined ? [] : from.attributes.slice();
    this.user = from === undefined ? null : from.user;
    this.entrySpan = from === undefined ? undefined : from.entrySpan;
  }

  /** A scope with the same content that goes its own way. */
  fork(): Scope {
    return new Scope(this);
  }

  setAttribute(key: string, value: unknown, observer: AttributeObserver): void {
    setAttribute(this.attributes, key, value, observer);
  }

  setAttributes(attributes: Attributes, observer: AttributeObserver): void {
    setAttributes(this.attributes, attributes, observer);
  }
}
