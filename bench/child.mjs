/** One adapter, one workload, one fresh process. What it measured leaves as lines on stdout. */
import { writeSync } from 'node:fs';

const job = JSON.parse(process.argv[2]);
const emit = (line) => writeSync(1, `@bench ${JSON.stringify(line)}\n`);
const peakRss = () => process.resourceUsage().maxRSS * 1024;
const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const workload = await import(`./workloads/${job.workload}.mjs`);
const { create } = await import(`./adapters/${job.adapter}.mjs`);
const adapter = await create({ ...job.endpoints, ...workload.adapterOptions });

process.on('exit', () => emit({ event: 'exit', peakRss: peakRss() }));

/** CPU from the first span until the last is delivered: generating, encoding, sending and collecting garbage. */
async function measured(work) {
  const cpu = cpuUs();
  const start = performance.now();
  const extra = await work();
  const generatedMs = performance.now() - start;
  await sleep(adapter.settleMs);
  const flushed = await adapter.flush(60_000);
  return { cpuUs: cpuUs() - cpu, generatedMs, flushed, peakRss: peakRss(), stats: adapter.stats(), ...extra };
}

emit({ event: 'result', ...(await workload.run({ adapter, job, emit, measured, cpuUs, peakRss, sleep })) });
if (workload.endsByItself !== true) process.exit(0);
