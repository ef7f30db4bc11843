import { effect, signal } from '@preact/signals';

const KEY = 'spanstream-theme';

/** The chosen theme; `auto` follows the system. */
export const theme = signal<'auto' | 'light' | 'dark'>(readTheme());

/** Keeps the document and the browser's store in step with the choice. */
export function setupTheme(): () => void {
  return effect(() => {
    const { documentElement } = document;
    if (theme.value === 'auto') delete documentElement.dataset['theme'];
    else documentElement.dataset['theme'] = theme.value;
    localStorage.setItem(KEY, theme.value);
  });
}

/** Goes on to the next choice. */
export function cycleTheme(): void {
  theme.value = theme.value === 'auto' ? 'light' : theme.value === 'light' ? 'dark' : 'auto';
}

function readTheme(): 'auto' | 'light' | 'dark' {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}
