import { type AttributeList, type AttributeObserver, type Attributes, setAttribute, setAttributes } from '../span/attributes.ts';

/** Who uses the application; sent only with `sendDefaultPii`. */
export interface User {
  readonly id?: string | number;
  readonly email?: string;
  readonly username?: string;
  readonly name?: string;
  readonly ip_address?: string;
}

/** Attributes for every span of one unit of isolation, e.g. of one incoming request. Holds no spans and no request objects. */
export class Scope {
  readonly attributes: AttributeList;
  user: User | null;

  constructor(from?: Scope) {
    this.attributes = from === undefined ? [] : from.attributes.slice();
    this.user = from === undefined ? null : from.user;
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
