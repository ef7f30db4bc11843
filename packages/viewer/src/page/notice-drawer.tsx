import { useEffect } from 'preact/hooks';
import type { Notice } from '../span-record.ts';
import { Icon } from './icons.tsx';
import { isDrawerOpen, losses, notices, seenRefusals, stats } from './viewer-model.ts';

/** What went wrong on the way here: refused requests, notes, and what SDKs say they dropped. */
export function NoticeDrawer() {
  const refused = stats.value?.refused ?? 0;
  useEffect(() => {
    seenRefusals.value = refused;
  }, [refused]);
  return (
    <section id="drawer" class="drawer" aria-label="Diagnostics">
      <header class="drawer-head">
        <h2>Diagnostics</h2>
        <Totals />
        <button
          type="button"
          class="button button-icon"
          aria-label="Close diagnostics"
          title="Close (Esc)"
          onClick={() => (isDrawerOpen.value = false)}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="drawer-columns">
        <div class="drawer-scroll" tabIndex={0} role="group" aria-label="Refused and notes">
          <h3>Refused requests and notes</h3>
          {notices.value.length === 0 ? (
            <p class="hint">Nothing was refused. Requests that the real server would refuse are listed here with its reason.</p>
          ) : (
            notices.value.map((notice) => <NoticeLine key={notice.id} notice={notice} />)
          )}
        </div>
        <div class="drawer-scroll" tabIndex={0} role="group" aria-label="Client reports">
          <h3>Client reports</h3>
          <Losses />
        </div>
      </div>
    </section>
  );
}

function Totals() {
  const counts = stats.value;
  if (counts === undefined) return null;
  const facts = [
    `${counts.envelopes} envelopes`,
    `${counts.otlp_requests} OTLP requests`,
    `${counts.refused} refused`,
    `${counts.duplicate_spans} duplicate spans`,
    `${counts.evicted_spans} spans evicted`,
    `${(counts.bytes / 1048576).toFixed(1)} MiB kept`,
  ];
  return <p class="drawer-totals num">{facts.join(' · ')}</p>;
}

function NoticeLine({ notice }: { notice: Notice }) {
  const isRefused = notice.kind === 'refused';
  return (
    <article class={isRefused ? 'notice notice-refused' : 'notice'}>
      <span class="notice-kind">
        {isRefused && <Icon name="error" />}
        {isRefused ? 'refused' : 'note'}
        {notice.status !== undefined && <b class="num"> {notice.status}</b>}
      </span>
      <div class="notice-text">
        <p>{notice.reason}</p>
        <p class="muted">
          {notice.source}
          {notice.sender !== undefined && ` · ${notice.sender}`}
        </p>
      </div>
      {notice.count > 1 && <span class="badge num">×{notice.count}</span>}
      <time class="num muted">{new Date(notice.last_at * 1000).toLocaleTimeString('en-GB')}</time>
    </article>
  );
}

function Losses() {
  if (losses.value.length === 0) return <p class="hint">No SDK reported a loss.</p>;
  return (
    <table class="losses">
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col">Category</th>
          <th scope="col">Sender</th>
          <th scope="col">Lost</th>
        </tr>
      </thead>
      <tbody>
        {losses.value.map((loss) => (
          <tr key={loss.service + loss.reason + loss.category}>
            <td>
              <code>{loss.reason}</code>
            </td>
            <td>{loss.category}</td>
            <td class="muted">{loss.service}</td>
            <td class="num">{loss.quantity.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
