import { activeTrace, paced } from './spans.mjs';

export const size = { traces: 20_000, spans: 10 };

/** Work against a backend that takes nothing, then `close(2000)`; the process has to go by itself. */
export async function run(kit) {
  const { adapter, job, emit, cpuUs, peakRss } = kit;
  const cpu = cpuUs();
  const { expected } = await paced(kit, job.size, (i) => activeTrace(adapter, i, job.size.spans));
  emit({ event: 'closing', peakRss: peakRss() });
  const start = performance.now();
  await adapter.close(2000);
  return { cpuUs: cpuUs() - cpu, closeMs: performance.now() - start, expected, stats: adapter.stats() };
}
