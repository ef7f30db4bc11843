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

/**
 * Runs `trace` for each trace. After every thousand spans the process rests for twice as long as they took, 5 ms at least: what
 * a client sends per trace or per batch can leave, at any client's speed.
 */
export async function paced({ adapter, sleep }, { traces, spans }, trace) {
  const every = Math.max(1, Math.round(1000 / spans));
  let chunkStart = performance.now();
  for (let i = 0; i < traces; i += 1) {
    trace(i);
    if (i % every === every - 1) {
      await sleep(restAfter(adapter, chunkStart, every));
      chunkStart = performance.now();
    }
  }
  return { expected: traces * spans };
}

export const restAfter = ({ restPerTraceMs = 0 }, start, traces = 1) =>
  Math.max(5, 2 * (performance.now() - start), restPerTraceMs * traces);
