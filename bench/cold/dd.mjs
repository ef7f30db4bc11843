import tracer from 'dd-trace';
import { report } from './report.mjs';

tracer.init({ url: process.env.BENCH_AGENT_URL, service: 'bench', startupLogs: false });
report();
