import { STAYS_MS } from './harness.mjs';

/**
 * What each workload measures, and what spanstream has to reach. `measure` turns one run into one number; `targets` compare
 * medians. A target that is missed is printed as missed.
 */
const MIB = 1024 * 1024;
const us = (value) => `${value.toFixed(value < 10 ? 2 : 1)} µs`;
const mb = (value) => `${(value / 1e6).toFixed(1)} MB`;
const bytes = (value) => `${Math.abs(value) < 1 ? value.toFixed(3) : Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0)} B`;
const share = (value) => `${(value * 100).toFixed(value > 0 && value < 0.01 ? 2 : 1)} %`;
const seconds = (value) => (value >= STAYS_MS ? 'stays (over 60 s)' : `${(value / 1000).toFixed(2)} s`);
const milliseconds = (value) => `${value.toFixed(0)} ms`;
const times = (value) => `${value.toFixed(3)}×`;

const perDelivered = {
  key: 'cpu',
  title: 'CPU per delivered span',
  format: us,
  of: (run) => (run.delivered ? run.cpuUs / run.delivered : undefined),
};
const deliveredShare = { key: 'delivered', title: 'delivered', format: share, of: (run) => run.delivered / run.expected };
const peakRss = { key: 'rss', title: 'peak RSS', format: mb, of: (run) => run.peakRss };

const atMost = (text, key, limit, format) => ({
  text,
  value: ({ ours }) => ours(key),
  limit: () => limit,
  format,
});
const ratio = (text, key, peer, limit) => ({
  text,
  value: ({ ours, theirs }) => (theirs(peer, key) === undefined || ours(key) === undefined ? undefined : ours(key) / theirs(peer, key)),
  limit: () => limit,
  format: times,
});

/** What the legacy lifecycle costs beside the stream. */
const staticRatio = {
  text: 'static ≤ 1.2 × stream',
  value: ({ ours, theirs }) =>
    theirs('spanstream-static', 'cpu') === undefined || ours('cpu') === undefined
      ? undefined
      : theirs('spanstream-static', 'cpu') / ours('cpu'),
  limit: () => 1.2,
  format: times,
};

/** What the same spans cost where both send OTLP in protobuf. */
const otlpRatio = {
  text: 'OTLP sink ≤ 0.6 × OpenTelemetry',
  value: ({ theirs }) =>
    theirs('spanstream-otlp', 'cpu') === undefined || theirs('otel', 'cpu') === undefined
      ? undefined
      : theirs('spanstream-otlp', 'cpu') / theirs('otel', 'cpu'),
  limit: () => 0.6,
  format: times,
};

/** What the same spans cost when they are made with OpenTelemetry's API. */
const bridgeRatio = {
  text: 'through @opentelemetry/api ≤ 1.5 × native',
  value: ({ ours, theirs }) =>
    theirs('spanstream-otel-api', 'cpu') === undefined || ours('cpu') === undefined
      ? undefined
      : theirs('spanstream-otel-api', 'cpu') / ours('cpu'),
  limit: () => 1.5,
  format: times,
};

/** started = open + buffered + inFlight + delivered + dropped, and nothing left over once closed. */
export function isBalanced(stats, expected) {
  if (!stats) return undefined;
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  const rest = stats.open + stats.buffered + stats.inFlight;
  return stats.started === expected && stats.started === stats.delivered + dropped + rest && rest === 0;
}

const counted = {
  key: 'counted',
  title: 'every span counted',
  format: (value) => (value === 1 ? 'yes' : 'no'),
  of: (run) => {
    const balanced = isBalanced(run.stats, run.expected);
    return balanced === undefined ? undefined : balanced && run.stats.delivered === run.delivered ? 1 : 0;
  },
};

const refused = (name) => ({
  title: name,
  baseline: true,
  adapters: ['spanstream', 'sentry-stream', 'sentry-static', 'otel', 'otel-default', 'dd'],
  measures: [
    { key: 'rss', title: 'peak RSS', format: mb, of: (run) => run.peakRss },
    { key: 'gone', title: 'gone after close began', format: seconds, of: (run) => run.goneMs },
    counted,
  ],
  targets: [
    {
      text: 'peak RSS over the no-SDK run ≤ 32 MiB + 20 MB',
      value: ({ ours, theirs }) => (ours('rss') === undefined ? undefined : ours('rss') - theirs('none', 'rss')),
      limit: () => 32 * MIB + 20e6,
      format: mb,
    },
    atMost('process gone ≤ 2.3 s after close began', 'gone', 2300, seconds),
    { text: 'every span counted', value: ({ worst }) => worst('counted', Math.min), limit: () => 1, atLeast: true, format: counted.format },
  ],
});

export const workloads = {
  active: {
    title: '2,000 traces of 100 spans, active callbacks',
    adapters: ['spanstream', 'spanstream-static', 'spanstream-otlp', 'spanstream-otel-api', 'sentry-stream', 'sentry-static', 'otel', 'dd'],
    measures: [perDelivered, deliveredShare, peakRss],
    targets: [
      ratio('≤ 1/10 of @sentry/node stream', 'cpu', 'sentry-stream', 1 / 10),
      ratio('≤ 0.7 of OpenTelemetry', 'cpu', 'otel', 0.7),
      otlpRatio,
      staticRatio,
      bridgeRatio,
    ],
    aims: [ratio('aim: ≤ 0.5 of OpenTelemetry', 'cpu', 'otel', 0.5)],
  },
  manual: {
    title: '2,000 traces of 100 spans, started and ended by hand',
    measures: [perDelivered, deliveredShare, peakRss],
    targets: [ratio('≤ dd-trace', 'cpu', 'dd', 1), staticRatio],
  },
  'small-traces': {
    title: '40,000 traces of 5 spans',
    measures: [perDelivered, deliveredShare, peakRss],
    targets: [ratio('≤ 1/5 of @sentry/node stream', 'cpu', 'sentry-stream', 1 / 5), staticRatio],
    aims: [ratio('aim: ≤ 1/7 of @sentry/node stream', 'cpu', 'sentry-stream', 1 / 7)],
  },
  'one-trace': {
    title: 'one trace of 100,000 spans, its root open all the time',
    measures: [perDelivered, deliveredShare, peakRss],
    targets: [
      ratio('≤ 1/9 of @sentry/node stream', 'cpu', 'sentry-stream', 1 / 9),
      ratio('≤ 0.5 of OpenTelemetry', 'cpu', 'otel', 0.5),
      { text: 'all delivered', value: ({ worst }) => worst('delivered', Math.min), limit: () => 1, atLeast: true, format: share },
      atMost('peak RSS ≤ 90 MB', 'rss', 90e6, mb),
    ],
  },
  retained: {
    title: 'memory of one ended, unsent span (200 open roots × 500 ended children)',
    measures: [{ key: 'bytes', title: 'bytes per span', format: bytes, of: (run) => run.bytesPerSpan }],
    targets: [
      atMost('≤ 300 B', 'bytes', 300, bytes),
      {
        text: 'all of them still held when weighed',
        value: ({ runs }) => (runs.every(({ stats, roots }) => stats && stats.open >= roots && stats.buffered >= 100_000) ? 1 : 0),
        limit: () => 1,
        atLeast: true,
        format: counted.format,
      },
    ],
  },
  unsampled: {
    title: '1,000,000 unsampled active spans in traces of 100',
    needs: ['active'],
    baseline: true,
    measures: [
      { key: 'cpu', title: 'CPU per unsampled span', format: us, of: (run) => run.usPerSpan },
      { key: 'bytes', title: 'bytes retained per span', format: bytes, of: (run) => run.bytesPerSpan },
    ],
    targets: [
      {
        text: '≤ 0.15 of a sampled one',
        value: ({ ours, other }) =>
          ours('cpu') === undefined || other('active', 'cpu') === undefined ? undefined : ours('cpu') / other('active', 'cpu'),
        limit: () => 0.15,
        format: times,
      },
      // A million spans within 50 kB of the starting point: the collector's own noise.
      atMost('0 B retained (less than 0.05 B per span)', 'bytes', 0.05, bytes),
    ],
  },
  'http-server': {
    title: 'node:http server, one server span and three children per request',
    baseline: true,
    measures: [
      {
        key: 'cpu',
        title: 'CPU per request over a run without SDK',
        format: us,
        of: (run, floor) => (floor === undefined ? undefined : run.cpuUs / run.served - floor),
        floor: (run) => run.cpuUs / run.served,
      },
      deliveredShare,
      peakRss,
    ],
    targets: [ratio('≤ 1/6 of @sentry/node stream', 'cpu', 'sentry-stream', 1 / 6), ratio('≤ 0.8 of dd-trace', 'cpu', 'dd', 0.8)],
  },
  'backend-refusing': refused('the backend’s port refuses: 200,000 spans in 20,000 traces, then close(2000)'),
  'backend-hanging': refused('the backend accepts and never answers: 200,000 spans in 20,000 traces, then close(2000)'),
  'burst-yield': {
    title: '40,000 traces of 5 spans, yielding every 100 traces, then flush()',
    adapters: ['spanstream', 'sentry-stream', 'sentry-static', 'otel', 'otel-default', 'dd'],
    measures: [
      { key: 'lost', title: 'lost', format: share, of: (run) => 1 - run.delivered / run.expected },
      perDelivered,
      counted,
      peakRss,
    ],
    targets: [{ text: 'nothing lost', value: ({ worst }) => worst('lost', Math.max), limit: () => 0, format: share }],
  },
  burst: {
    title: '40,000 traces of 5 spans without a pause, then flush()',
    adapters: ['spanstream', 'sentry-stream', 'sentry-static', 'otel', 'otel-default', 'dd'],
    measures: [
      { key: 'lost', title: 'lost', format: share, of: (run) => 1 - run.delivered / run.expected },
      perDelivered,
      counted,
      peakRss,
    ],
    targets: [
      {
        text: 'what is lost is counted',
        value: ({ worst }) => worst('counted', Math.min),
        limit: () => 1,
        atLeast: true,
        format: counted.format,
      },
    ],
  },
  'cold-start': {
    title: 'import and init in a fresh process',
    baseline: true,
    adapters: ['empty-module', 'spanstream', 'spanstream-register', 'sentry-stream', 'sentry-static', 'otel', 'dd'],
    measures: [
      {
        key: 'cpu',
        title: 'CPU over an empty process',
        format: milliseconds,
        of: (run, floor) => (floor === undefined ? undefined : run.cpuUs / 1000 - floor),
        floor: (run) => run.cpuUs / 1000,
      },
      { key: 'whole', title: 'CPU of the whole process', format: milliseconds, of: (run) => run.cpuUs / 1000 },
      peakRss,
    ],
    targets: [
      atMost('≤ 30 ms', 'cpu', 30, milliseconds),
      ratio('≤ 1/4 of OpenTelemetry', 'cpu', 'otel', 1 / 4),
      {
        text: 'with all instrumentation ≤ 1/3 of @sentry/node',
        value: ({ theirs }) => {
          const [own, peer] = [theirs('spanstream-register', 'cpu'), theirs('sentry-static', 'cpu')];
          return own === undefined || peer === undefined ? undefined : own / peer;
        },
        limit: () => 1 / 3,
        format: times,
      },
    ],
  },
};

export const median = (values) => {
  const sorted = values.filter((value) => value !== undefined && !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** One workload's runs as medians per adapter and measure, with the verdict on each target. */
export function evaluate(name, results) {
  const spec = workloads[name];
  const entry = results.workloads[name];
  const valuesOf = (workload, adapter, measure) => {
    const { runs } = results.workloads[workload];
    const floor = measure.floor ? median((runs.none ?? []).map(measure.floor)) : undefined;
    return (runs[adapter] ?? []).map((run) => measure.of(run, floor)).filter((value) => value !== undefined && !Number.isNaN(value));
  };
  const measureOf = (workload, key) => workloads[workload].measures.find((measure) => measure.key === key);
  const theirs = (adapter, key) => median(valuesOf(name, adapter, measureOf(name, key)));
  const context = {
    ours: (key) => theirs('spanstream', key),
    theirs,
    other: (workload, key) =>
      results.workloads[workload] ? median(valuesOf(workload, 'spanstream', measureOf(workload, key))) : undefined,
    worst: (key, pick) => {
      const values = valuesOf(name, 'spanstream', measureOf(name, key));
      return values.length ? pick(...values) : undefined;
    },
    runs: entry.runs.spanstream ?? [],
  };
  const judge = (target) => {
    const value = context.runs.length === 0 ? undefined : target.value(context);
    const limit = target.limit();
    return {
      text: target.text,
      value,
      limit,
      shown: value === undefined ? '–' : target.format(value),
      pass: value === undefined ? undefined : target.atLeast ? value >= limit : value <= limit,
    };
  };
  const rows = Object.keys(entry.runs).map((adapter) => ({
    adapter,
    runs: entry.runs[adapter].length,
    cells: spec.measures.map((measure) => {
      const values = valuesOf(name, adapter, measure);
      const middle = median(values);
      if (middle === undefined) return { text: '–' };
      const spread = values.length > 1 ? [Math.min(...values), Math.max(...values)] : undefined;
      return { value: middle, text: measure.format(middle), spread: spread?.map(measure.format) };
    }),
  }));
  const own = rows.find((row) => row.adapter === 'spanstream')?.cells[0]?.value;
  for (const row of rows) {
    const value = row.cells[0]?.value;
    if (own !== undefined && value > 0 && own > 0) row.ratio = value / own;
  }
  return { name, spec, rows, targets: spec.targets.map(judge), aims: (spec.aims ?? []).map(judge) };
}
