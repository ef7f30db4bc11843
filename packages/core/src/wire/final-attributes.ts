import type { Scope, User } from '../context/scope.ts';
import { type AttributeList, checkValue, indexOf } from '../span/attributes.ts';
import { type RecordingSpan, STATUS_MESSAGE } from '../span/span.ts';

/** What decides over a span's last attributes. */
export interface FinalAttributesOptions {
  readonly globalScope: Scope;
  readonly sendDefaultPii: boolean;
  readonly maxAttributes: number;
}

/** The attributes that a span leaves with: its own first, then those of its isolation scope, then the global ones (api.md, Scope). */
export function finalAttributes(span: RecordingSpan, options: FinalAttributesOptions): AttributeList {
  const { attributes } = span;
  const scope = span.scope as Scope;
  const own = attributes.length;
  if (scope.attributes.length > 0) addMissing(attributes, scope.attributes);
  if (options.globalScope.attributes.length > 0) addMissing(attributes, options.globalScope.attributes);
  const keep = Math.max(own, options.maxAttributes * 2);
  if (attributes.length > keep) {
    for (let i = keep; i < attributes.length; i += 2) span.attributeCut(attributes[i] as string);
    attributes.length = keep;
  }
  if (options.sendDefaultPii && scope.user !== null) addMissing(attributes, userAttributes(scope.user, span));
  if (span.statusMessage !== undefined) addMissing(attributes, [STATUS_MESSAGE, span.statusMessage]);
  if (span.truncated !== undefined) addMissing(attributes, ['spanstream.truncated', span.truncated]);
  return attributes;
}

function addMissing(list: AttributeList, more: AttributeList): void {
  for (let i = 0; i < more.length; i += 2) if (indexOf(list, more[i] as string) < 0) list.push(more[i]!, more[i + 1]!);
}

function userAttributes(user: User, span: RecordingSpan): AttributeList {
  const list: AttributeList = [];
  const facts: [string, unknown][] = [
    ['user.id', user.id],
    ['user.email', user.email],
    ['user.name', user.name ?? user.username],
    ['user.ip_address', user.ip_address],
  ];
  for (const [key, value] of facts) {
    const isFact = (typeof value === 'string' && value !== '') || typeof value === 'number';
    if (isFact) list.push(key, checkValue(key, String(value), span)!);
  }
  return list;
}
