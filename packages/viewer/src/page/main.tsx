import '@fontsource-variable/inter/wght.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { openTrace } from './live-client.ts';
import { setupShortcuts } from './shortcuts.ts';
import './style.css';
import './waterfall.css';
import { setupTheme } from './theme.ts';

function openFromAddress(): void {
  const traceId = /^\/trace\/([0-9a-f]{32})$/.exec(location.pathname)?.[1];
  void openTrace(traceId, location.hash.slice(1) || undefined);
}

setupTheme();
setupShortcuts();
window.addEventListener('popstate', openFromAddress);
openFromAddress();
render(<App />, document.getElementById('app') as HTMLElement);
