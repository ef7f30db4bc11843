import { revealNext, isDrawerOpen, matches, selectedSpanId, zoom } from './viewer-model.ts';

/** Ids of the fields that keys move the focus to. */
export const TRACE_SEARCH_ID = 'trace-search';
export const SPAN_SEARCH_ID = 'span-search';
export const WATERFALL_ID = 'waterfall';

const ACTIONS: Readonly<Record<string, () => void>> = {
  '/': () => focusField(TRACE_SEARCH_ID),
  f: () => focusField(SPAN_SEARCH_ID),
  w: () => document.getElementById(WATERFALL_ID)?.focus(),
  d: () => (isDrawerOpen.value = !isDrawerOpen.value),
  e: () => revealNext((node) => node.span?.status === 'error'),
  E: () => revealNext((node) => node.span?.status === 'error', -1),
  n: () => revealNext((node) => matches.value?.has(node.id) ?? false),
  N: () => revealNext((node) => matches.value?.has(node.id) ?? false, -1),
  '0': () => (zoom.value = [0, 1]),
  Escape: () => {
    if (isDrawerOpen.value) isDrawerOpen.value = false;
    else selectedSpanId.value = undefined;
  },
};

/** Listens for the page's keys; typing in a field is left alone. */
export function setupShortcuts(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.matches('input, textarea, select')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const action = ACTIONS[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function focusField(id: string): void {
  const field = document.getElementById(id);
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  field.select();
}
