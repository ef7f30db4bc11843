import type { User } from './context/scope.ts';
import { type AttributeObserver, type AttributeValue, type Attributes, toKey } from './span/attributes.ts';
import { getClient } from './setup.ts';
import { shared } from './trace/current.ts';

/** Sets an attribute of the current isolation scope: every span of it that ends from now on carries it, unless it has its own. `undefined` removes it. */
export function setAttribute(key: string, value: AttributeValue | undefined): void {
  const name = toKey(key);
  if (name !== undefined) currentScope().setAttribute(name, value, observer());
}

/** As `setAttribute`, several at once. */
export function setAttributes(attributes: Attributes): void {
  currentScope().setAttributes(attributes, observer());
}

/** Removes an attribute of the current isolation scope. */
export function removeAttribute(key: string): void {
  setAttribute(key, undefined);
}

/** Names the user in the current isolation scope; sent only with `sendDefaultPii`. `null` forgets. */
export function setUser(user: User | null): void {
  currentScope().user = typeof user === 'object' && user !== null ? copyUser(user) : null;
}

/** What is known now: the application's object may change, or have getters that throw. */
function copyUser(user: User): User | null {
  try {
    const { id, email, username, name, ip_address } = user;
    return {
      ...(id !== undefined && { id }),
      ...(email !== undefined && { email }),
      ...(username !== undefined && { username }),
      ...(name !== undefined && { name }),
      ...(ip_address !== undefined && { ip_address }),
    };
  } catch (error) {
    getClient()?.parts.diagnostics.fault('setUser', error);
    return null;
  }
}

/** Sets attributes of every span in the process; spans and isolation scopes come first. */
export function setGlobalAttributes(attributes: Attributes): void {
  shared.globalScope.setAttributes(attributes, observer());
}

function currentScope(): typeof shared.defaultScope {
  // Not `getCurrent`: nobody is in another scope before the client has had anything to do.
  return shared.current?.tracer.context.scope ?? shared.defaultScope;
}

const DEFAULT_LIMITS = { maxAttributes: 128, maxStringBytes: 8192, maxArrayLength: 1000, maxLinks: 128 };

function observer(): AttributeObserver {
  const client = getClient();
  return {
    limits: client?.options.attributeLimits ?? DEFAULT_LIMITS,
    attributeCut: () => {
      if (client !== undefined) client.parts.ledger.truncated++;
    },
    attributeDropped: (key) =>
      client?.parts.diagnostics.debug('scope attribute', `Scope attribute '${key}' is dropped: no attribute value.`),
  };
}
