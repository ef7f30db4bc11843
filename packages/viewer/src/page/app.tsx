import { NoticeDrawer } from './notice-drawer.tsx';
import { SpanDetails } from './span-details.tsx';
import { TopBar } from './top-bar.tsx';
import { TraceList } from './trace-list.tsx';
import { TraceView } from './trace-view.tsx';
import { isDrawerOpen, selectedSpanId, tree } from './viewer-model.ts';
import { Welcome } from './welcome.tsx';
import { openTraceId } from './viewer-model.ts';

/** The page: the list of traces, the open trace, the selected span, and the drawer below. */
export function App() {
  const hasDetails = selectedSpanId.value !== undefined && tree.value.nodes.has(selectedSpanId.value);
  return (
    <div class="app">
      <TopBar />
      <div class={hasDetails ? 'panes panes-details' : 'panes'}>
        <TraceList />
        <main class="pane-main">{openTraceId.value === undefined ? <Welcome /> : <TraceView />}</main>
        {hasDetails && <SpanDetails />}
      </div>
      {isDrawerOpen.value && <NoticeDrawer />}
    </div>
  );
}
