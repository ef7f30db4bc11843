import { useState } from 'preact/hooks';
import { Icon } from './icons.tsx';

/** Copies a text and says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [result, setResult] = useState('');
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setResult('Copied'),
      () => setResult('Copying is not allowed'),
    );
  };
  return (
    <button
      type="button"
      class="copy"
      onClick={copy}
      onBlur={() => setResult('')}
      aria-label={result === '' ? `Copy ${what}` : result}
      title={result === '' ? `Copy ${what}` : result}
    >
      {result === 'Copied' ? <span class="copied">Copied</span> : <Icon name="copy" />}
    </button>
  );
}
