/** Maps times of the shown part to percentages of the width. */
export interface TimeScale {
  readonly start: number;
  readonly length: number;
  at(time: number): number;
}

/** The scale of a trace from `start` to `end`, cut to the zoomed part. */
export function createTimeScale(start: number, end: number, [from, to]: readonly [number, number]): TimeScale {
  const whole = Math.max(end - start, 1e-6);
  const shownStart = start + whole * from;
  // A little room behind the last span shows that it ends.
  const length = Math.max(whole * (to - from), 1e-9) * (to === 1 ? 1.02 : 1);
  return { start: shownStart, length, at: (time) => ((time - shownStart) / length) * 100 };
}

/** Round times for the axis, about `count` of them, as offsets in seconds from the trace's start. */
export function axisTicks(scale: TimeScale, traceStart: number, count: number): number[] {
  const rough = scale.length / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  const first = Math.ceil((scale.start - traceStart) / step - 1e-9);
  const last = (scale.start - traceStart + scale.length) / step;
  for (let index = first; index <= last; index++) ticks.push(index * step);
  return ticks;
}
