/** What every workload's spans carry: one string, one integer, one boolean. */
const NAMES = ['GET /items/:id', 'SELECT items', 'cache.get', 'render', 'serialize', 'POST /orders', 'queue.publish', 'validate'];
const KINDS = ['http.server', 'db.query', 'cache.get', 'function', 'queue.publish', 'template.render', 'rpc', 'file.read'];

export const nameOf = (i) => NAMES[i & 7];
export const attributesOf = (i) => ({ 'bench.kind': KINDS[(i >> 1) & 7], 'bench.index': i, 'bench.flag': (i & 1) === 0 });

const nothing = () => {};

export function activeTrace(adapter, trace, spans) {
  adapter.startRoot(nameOf(trace), attributesOf(trace), () => {
    for (let i = 1; i < spans; i += 1) adapter.startActive(nameOf(i), attributesOf(i), nothing);
  });
}

const describe = (adapter, span, i) => {
  adapter.setAttribute(span, 'bench.kind', KINDS[(i >> 1) & 7]);
  adapter.setAttribute(span, 'bench.index', i);
  adapter.setAttribute(span, 'bench.flag', (i & 1) === 0);
};

export function manualChild(adapter, parent, i) {
  const span = adapter.startManual(nameOf(i), parent);
  describe(adapter, span, i);
  adapter.end(span);
}

export function manualTrace(adapter, trace, spans) {
  const root = adapter.startManualRoot(nameOf(trace));
  describe(adapter, root, trace);
  for (let i = 1; i < spans; i += 1) manualChild(adapter, root, i);
  adapter.end(root);
}

/** Runs `trace` for each trace and lets the process breathe for a few milliseconds after every thousand spans. */
export async function paced({ sleep }, { traces, spans, pauseMs = 5 }, trace) {
  const every = Math.max(1, Math.round(1000 / spans));
  for (let i = 0; i < traces; i += 1) {
    trace(i);
    if (i % every === every - 1) await sleep(pauseMs);
  }
  return { expected: traces * spans };
}
