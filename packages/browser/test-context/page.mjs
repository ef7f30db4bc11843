import { init, tracing } from '@spanstream/browser';
import { runPlan } from './interleaved-flows.mjs';

/**
 * Runs the plans below one root span and judges each parent.
 * @returns how many are exact, how many stand below the root and say so, how many are wrong, and some of the latter
 */
export async function judgeParents(plans) {
  const finished = [];
  const client = init({
    traceLifecycle: 'stream',
    tracesSampleRate: 1,
    integrations: () => [],
    sinks: [{ name: 'Judge', send: (spans) => void finished.push(...spans) }],
  });
  const context =
    globalThis[Object.getOwnPropertySymbols(globalThis).find(({ description }) => description?.startsWith('spanstream.browser@'))];
  const root = tracing.startSpan({ name: 'root', active: false });
  context.rootSpan = root;
  const verdict = { plans: plans.length, spans: 0, exact: 0, marked: 0, wrong: 0, examples: [] };
  for (const plan of plans) {
    await runPlan(tracing, plan);
    await client.flush();
    judge(plan, finished.splice(0), root.spanContext().spanId, verdict);
  }
  root.end();
  await client.close();
  return verdict;
}

function judge({ parents }, spans, rootId, verdict) {
  const names = new Map(spans.map((span) => [span.span_id, span.name]));
  names.set(rootId, 'root');
  const missing = Object.keys(parents).length - spans.length;
  if (missing !== 0) throw new Error(`${missing} spans are missing`);
  for (const span of spans) {
    const parent = names.get(span.parent_span_id);
    verdict.spans++;
    if (parent === parents[span.name]) verdict.exact++;
    else if (parent === 'root' && span.attributes['spanstream.parent'] === 'root') {
      verdict.marked++;
      note(verdict, span, parent, parents);
    } else {
      verdict.wrong++;
      note(verdict, span, parent, parents);
    }
  }
}

function note({ examples }, { name }, parent, parents) {
  if (examples.length < 5) examples.push(`${name} is below ${parent}, not ${parents[name]}`);
}
