import { manualTrace, paced } from './spans.mjs';

export const size = { traces: 2000, spans: 100 };
export const run = (kit) => kit.measured(() => paced(kit, kit.job.size, (i) => manualTrace(kit.adapter, i, kit.job.size.spans)));
