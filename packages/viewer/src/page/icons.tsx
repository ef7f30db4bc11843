const PATHS = {
  error: 'M8 1.5 15 14H1L8 1.5ZM7.25 6v4h1.5V6h-1.5Zm0 5.2v1.5h1.5v-1.5h-1.5Z',
  chevron: 'M6 3.5 10.5 8 6 12.5V3.5Z',
  search: 'M7 2a5 5 0 1 0 3 9l3.2 3.2 1-1L11 10a5 5 0 0 0-4-8Zm0 1.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z',
  close: 'm4 3 4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4 1-1Z',
  copy: 'M5 2h8v9h-2V4H5V2ZM3 5h7v9H3V5Z',
  link: 'M9 3h4v4h-1.5V5.6L6.6 10.5 5.5 9.4l4.9-4.9H9V3ZM3 4h4v1.5H4.5v6h6V9H12v4H3V4Z',
  theme: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm0 1.5v10A5 5 0 0 1 8 3Z',
  drawer: 'M2 3h12v10H2V3Zm1.5 1.5v4h9v-4h-9Z',
  trash: 'M6 2h4v1h4v1.5H2V3h4V2ZM3.5 6h9l-.6 8H4.1L3.5 6Z',
} as const;

/** An icon in the text's colour; its meaning is told by the text beside it or the button's label. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
