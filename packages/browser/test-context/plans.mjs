import fc from 'fast-check';

const wait = fc.oneof(
  fc.constant({ kind: 'wait', how: 'microtask' }),
  fc.record({ kind: fc.constant('wait'), how: fc.constant('timer'), ms: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant('wait'), how: fc.constant('gate'), name: fc.constantFrom('a', 'b') }),
  fc.constant({ kind: 'wait', how: 'rejection' }),
);
const sync = fc.constant({ kind: 'sync' });

/** Steps of one flow. @param extra kinds of steps that not every way of following them is exact for */
function steps(depth, extra) {
  const nested = depth === 0 ? [] : nestedSteps(depth - 1, extra);
  return fc.array(fc.oneof({ weight: 3, arbitrary: wait }, { weight: 2, arbitrary: sync }, ...extra.later, ...nested), {
    minLength: 1,
    maxLength: 4,
  });
}

function nestedSteps(depth, extra) {
  const inner = steps(depth, extra);
  const of = (kind) => fc.record({ kind: fc.constant(kind), steps: inner });
  // What a block makes active is active for whoever goes on meanwhile, too (R2): no blocks in branches, unless they are followed.
  const branches = fc.array(steps(depth, { ...extra, blocks: extra.blocks === 'everywhere' ? extra.blocks : 'none' }), {
    minLength: 2,
    maxLength: 3,
  });
  return [
    { weight: 2, arbitrary: of('span') },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('all'), branches }) },
    { weight: 1, arbitrary: of('loop') },
    { weight: 1, arbitrary: of('generator') },
    ...(extra.blocks === 'none' ? [] : [{ weight: 1, arbitrary: of('block') }]),
  ];
}

const LATER = ['timeout', 'then', 'event'];
const LATER_IN_PAGES = [...LATER, 'frame', 'fetch', 'xhr'];

/** Plans of 2 to 8 flows. @param options `blocks`: none, outside branches, everywhere; `later`: callbacks, too; `inPage`: those of pages, too */
export function samplePlans(count, seed, { blocks = 'none', later = false, inPage = false } = {}) {
  const extra = { blocks, later: later ? (inPage ? LATER_IN_PAGES : LATER).map((how) => fc.constant({ kind: 'later', how })) : [] };
  const flow = fc.record({ steps: steps(2, extra) });
  const plan = fc.record({
    flows: fc.array(flow, { minLength: 2, maxLength: 8 }),
    noise: fc.array(fc.record({ ms: fc.integer({ min: 0, max: 4 }) }), { maxLength: 3 }),
  });
  return fc.sample(plan, { numRuns: count, seed }).map(nameSpans);
}

/** Gives each span a name; `parents` says under which one it belongs. */
function nameSpans({ flows, noise }) {
  const parents = {};
  let count = 0;
  const named = (step, parent, kind = step.kind) => {
    const name = `${kind} ${++count}`;
    parents[name] = parent;
    return { ...step, name };
  };
  const nameStep = (step, parent) => {
    if (step.kind === 'sync' || step.kind === 'later') return named(step, parent);
    if (step.kind === 'all') return { ...step, branches: step.branches.map((branch) => nameAll(branch, parent)) };
    if (step.kind === 'loop' || step.kind === 'generator') return { ...step, steps: nameAll(step.steps, parent) };
    if (step.kind === 'wait') return step;
    const span = named(step, parent);
    return { ...span, steps: nameAll(step.steps, span.name) };
  };
  const nameAll = (all, parent) => all.map((step) => nameStep(step, parent));
  const plan = {
    flows: flows.map((flow) => {
      const span = named(flow, 'root', 'flow');
      return { ...span, steps: nameAll(flow.steps, span.name) };
    }),
    noise: noise.map((stranger) => named(stranger, 'root', 'noise')),
  };
  return { ...plan, parents };
}
