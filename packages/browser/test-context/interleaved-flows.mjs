// The program whose spans are judged. It runs as it stands, prepared by the plugin, or lowered for zone.js.

const gates = new Map();

/** Several flows wait here and go on one directly after the other. */
function gate(name) {
  let open = gates.get(name);
  if (!open) {
    open = new Promise((resolve) => setTimeout(() => (gates.delete(name), resolve()), 1));
    gates.set(name, open);
  }
  return open;
}

const waits = {
  microtask: async () => {
    await Promise.resolve();
  },
  timer: async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
  },
  gate: async ({ name }) => {
    await gate(name);
  },
  rejection: async () => {
    try {
      await Promise.reject(new Error('expected'));
    } catch (error) {
      return error;
    } finally {
      await Promise.resolve();
    }
  },
};

async function* twice() {
  for (let i = 0; i < 2; i++) {
    await Promise.resolve();
    yield i;
  }
}

async function* inGenerator(tracing, steps) {
  yield 'before';
  const result = yield* [await runSteps(tracing, steps)];
  yield result;
}

async function loop(tracing, steps) {
  outer: for (const round of [0, 1]) {
    for await (const at of twice()) {
      if (round === 1) break outer;
      if (at === 0) continue;
      await runSteps(tracing, steps);
    }
  }
}

const later = {
  timeout: (callback) => new Promise((resolve) => setTimeout(() => resolve(callback()), 1)),
  then: (callback) => Promise.resolve().then(callback),
  frame: (callback) => new Promise((resolve) => requestAnimationFrame(() => resolve(callback()))),
  fetch: (callback) => fetch('data:,').then(callback),
  xhr: (callback) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.addEventListener('load', () => resolve(callback()));
      request.open('GET', 'data:,');
      request.send();
    }),
  event: (callback) =>
    new Promise((resolve) => {
      const target = new EventTarget();
      target.addEventListener('done', () => resolve(callback()));
      setTimeout(() => target.dispatchEvent(new Event('done')), 1);
    }),
};

const kinds = {
  wait: (tracing, step) => waits[step.how](step),
  sync: (tracing, { name }) => tracing.startSpan({ name }, () => undefined),
  span: (tracing, { name, steps }) => tracing.startSpan({ name }, async () => runSteps(tracing, steps)),
  all: async (tracing, { branches }) => {
    await Promise.all(branches.map((steps) => runSteps(tracing, steps)));
  },
  loop: (tracing, { steps }) => loop(tracing, steps),
  generator: async (tracing, { steps }) => {
    for await (const element of inGenerator(tracing, steps)) void element;
  },
  block: async (tracing, { name, steps }) => {
    const span = tracing.startSpan({ name });
    try {
      await runSteps(tracing, steps);
    } finally {
      span.end();
    }
  },
  later: async (tracing, { how, name }) => {
    await later[how](() => tracing.startSpan({ name }, () => undefined));
  },
};

async function runSteps(tracing, steps) {
  for (const step of steps) await kinds[step.kind](tracing, step);
}

/** Runs the flows beside each other, and beside them timers that belong to none. */
export async function runPlan(tracing, { flows, noise }) {
  const strangers = noise.map(
    ({ name, ms }) => new Promise((resolve) => setTimeout(() => resolve(tracing.startSpan({ name }, () => undefined)), ms)),
  );
  await Promise.all([...flows.map(({ name, steps }) => tracing.startSpan({ name }, async () => runSteps(tracing, steps))), ...strangers]);
}
