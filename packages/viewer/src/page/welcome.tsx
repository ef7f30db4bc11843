import { CopyButton } from './copy-button.tsx';
import { viewerDsn } from './top-bar.tsx';
import { traceOrder } from './viewer-model.ts';

/** What the page shows while no trace is open: how to send the first one. */
export function Welcome() {
  const isEmpty = traceOrder.value.length === 0;
  const snippet = `import * as SpanStream from '@spanstream/node';

SpanStream.init({
  dsn: '${viewerDsn()}',
  tracesSampleRate: 1,
  traceLifecycle: 'stream',
});`;
  return (
    <div class="welcome">
      <h1>{isEmpty ? 'Waiting for the first span' : 'Choose a trace'}</h1>
      <p>
        {isEmpty
          ? 'Point an SDK at this viewer. Spans appear here as they end, before the trace is complete.'
          : 'Traces are on the left, the one that received a span last is on top.'}
      </p>
      <div class="snippet">
        <CopyButton text={snippet} what="the setup" />
        <pre>
          <code>{snippet}</code>
        </pre>
      </div>
      <dl class="endpoints">
        <dt>Envelopes</dt>
        <dd>
          <code>{`${location.origin}/api/<project>/envelope/`}</code>
        </dd>
        <dt>OTLP</dt>
        <dd>
          <code>{`${location.origin}/v1/traces`}</code>
        </dd>
      </dl>
      <ul class="keys" aria-label="Keys">
        <li>
          <kbd>/</kbd> search traces
        </li>
        <li>
          <kbd>f</kbd> find in trace
        </li>
        <li>
          <kbd>←</kbd>
          <kbd>→</kbd> close, open
        </li>
        <li>
          <kbd>e</kbd> next error
        </li>
        <li>
          <kbd>d</kbd> diagnostics
        </li>
      </ul>
    </div>
  );
}
