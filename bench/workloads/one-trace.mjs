import { attributesOf, nameOf, restAfter } from './spans.mjs';

export const size = { traces: 1, spans: 100_000 };
const nothing = () => {};

export const run = ({ adapter, job, measured, sleep }) =>
  measured(async () => {
    await adapter.startRoot('import', attributesOf(0), async () => {
      let chunkStart = performance.now();
      for (let i = 1; i < job.size.spans; i += 1) {
        adapter.startActive(nameOf(i), attributesOf(i), nothing);
        if (i % 1000 === 999) {
          await sleep(restAfter(adapter, chunkStart));
          chunkStart = performance.now();
        }
      }
    });
    return { expected: job.size.spans };
  });
