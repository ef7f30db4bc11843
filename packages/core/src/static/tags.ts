/** Names of the attributes that were set as tags, of the few spans that have any. */
const tags = new WeakMap<object, Set<string>>();

/** Notes that this attribute of the span was set as a tag. */
export function noteTag(span: object, name: string): void {
  const names = tags.get(span);
  if (names === undefined) tags.set(span, new Set([name]));
  else names.add(name);
}

/** The names of the span's tags; undefined when it has none. */
export function tagsOf(span: object): ReadonlySet<string> | undefined {
  return tags.get(span);
}
