const MAX_ELEMENTS = 5;
const MAX_LENGTH = 200;

/** A short CSS path such as `main#shop > button.buy`: tags, ids and classes, never texts or values (R35). */
export function describeElement(node: Node | null | undefined): string | undefined {
  const parts: string[] = [];
  let element = node?.nodeType === 1 ? (node as Element) : node?.parentElement;
  while (element && parts.length < MAX_ELEMENTS) {
    // Attributes, since a form's `id` may be one of its fields.
    const id = element.getAttribute('id');
    const classes = element.getAttribute('class')?.match(/\S+/g) ?? [];
    parts.unshift([element.localName + (id ? `#${id}` : ''), ...classes].join('.'));
    if (id) break;
    element = element.parentElement;
  }
  return parts.join(' > ').slice(-MAX_LENGTH) || undefined;
}
