import { activeTrace } from './spans.mjs';

export const size = { traces: 40_000, spans: 5 };

export const run = ({ adapter, job: { size }, measured }) =>
  measured(async () => {
    for (let i = 0; i < size.traces; i += 1) {
      activeTrace(adapter, i, size.spans);
      if (i % 100 === 99) await new Promise(setImmediate);
    }
    return { expected: size.traces * size.spans };
  });
