import { activeTrace, paced } from './spans.mjs';

export const size = { traces: 40_000, spans: 5 };
export const run = (kit) => kit.measured(() => paced(kit, kit.job.size, (i) => activeTrace(kit.adapter, i, kit.job.size.spans)));
