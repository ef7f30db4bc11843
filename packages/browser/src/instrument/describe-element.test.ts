import { expect, test } from 'vitest';
import { describeElement } from './describe-element.ts';

/** As much of an element as is read. */
const element = (localName: string, attributes: Record<string, string> = {}, parentElement: Element | null = null): Element =>
  ({ nodeType: 1, localName, parentElement, getAttribute: (name: string) => attributes[name] ?? null }) as unknown as Element;

test('R35: an element is described by tags, ids and classes alone', () => {
  const form = element('form', { class: ' wide  login ' }, element('body'));
  const input = element('input', { name: 'secret', value: 'hunter2', 'aria-label': 'Ann' }, form);
  expect(describeElement(input)).toBe('body > form.wide.login > input');
});

test('an id ends the path', () => {
  expect(describeElement(element('b', {}, element('main', { id: 'shop', class: 'a' }, element('body'))))).toBe('main#shop.a > b');
});

test('a text node is described by its element', () => {
  expect(describeElement({ nodeType: 3, parentElement: element('p') } as unknown as Node)).toBe('p');
});

test('a deep element has a short path, and none has none', () => {
  let deep = element('div');
  for (let depth = 0; depth < 1000; depth++) deep = element('div', { class: 'x'.repeat(100) }, deep);
  expect(describeElement(deep)!.length).toBeLessThanOrEqual(200);
  expect(describeElement(null)).toBeUndefined();
});
