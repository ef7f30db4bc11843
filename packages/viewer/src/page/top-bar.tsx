import { CopyButton } from './copy-button.tsx';
import iconUrl from './icon.svg';
import { Icon } from './icons.tsx';
import { clearAll } from './live-client.ts';
import { cycleTheme, theme } from './theme.ts';
import { connection, isDrawerOpen, losses, notices, seenRefusals, stats } from './viewer-model.ts';

/** The DSN that reaches this viewer. */
export function viewerDsn(): string {
  return `http://${'0'.repeat(32)}@${location.host}/1`;
}

const CONNECTION = { connecting: 'Connecting', live: 'Live', lost: 'Viewer unreachable, retrying' } as const;

/** The line above: whether the page is live, the DSN, what came in, and the page's switches. */
export function TopBar() {
  const counts = stats.value;
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src={iconUrl} alt="" width="18" height="18" />
        spanstream
      </a>
      <span class={`live live-${connection.value}`} role="status">
        <span class="live-dot" aria-hidden="true" />
        {CONNECTION[connection.value]}
      </span>
      <span class="top-counts num">
        {(counts?.spans ?? 0).toLocaleString('en')} spans · {(counts?.traces ?? 0).toLocaleString('en')} traces
      </span>
      <span class="top-space" />
      <span class="dsn">
        <span class="dsn-label">DSN</span>
        <code>{viewerDsn()}</code>
        <CopyButton text={viewerDsn()} what="DSN" />
      </span>
      <DrawerButton />
      <button
        type="button"
        class="button button-icon"
        onClick={() => void clearAll()}
        aria-label="Clear all traces"
        title="Clear all traces"
      >
        <Icon name="trash" />
      </button>
      <button
        type="button"
        class="button button-icon"
        onClick={cycleTheme}
        aria-label={`Theme: ${theme.value}`}
        title={`Theme: ${theme.value}`}
      >
        <Icon name="theme" />
      </button>
    </header>
  );
}

function DrawerButton() {
  const refused = stats.value?.refused ?? 0;
  const unseen = Math.max(0, refused - seenRefusals.value);
  const lines = notices.value.length + losses.value.length;
  const open = isDrawerOpen.value;
  return (
    <button
      type="button"
      class={unseen > 0 ? 'button button-alert' : 'button'}
      aria-expanded={open}
      aria-controls="drawer"
      onClick={() => (isDrawerOpen.value = !open)}
      title="Refused envelopes and client reports (d)"
    >
      <Icon name={unseen > 0 ? 'error' : 'drawer'} />
      {unseen > 0 ? `${unseen} refused` : 'Diagnostics'}
      {lines > 0 && <span class="badge num">{lines}</span>}
    </button>
  );
}
