/** A duration in seconds as people read it: three digits and the unit that fits. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds >= 59.95) {
    const whole = Math.round(seconds);
    return whole >= 3600
      ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
      : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  // What rounds up to the next unit is written in it: 1.00 ms, not 1000 µs.
  if (seconds >= 0.9995) return `${threeDigits(seconds)} s`;
  if (seconds >= 0.0009995) return `${threeDigits(seconds * 1e3)} ms`;
  return `${Math.round(seconds * 1e6)} µs`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** A round time of an axis, without digits that say nothing. */
export function formatTick(seconds: number): string {
  return seconds === 0
    ? '0'
    : formatDuration(seconds)
        .replace(/\.0+(?= )/, '')
        .replace(/(\.\d*[1-9])0+(?= )/, '$1');
}
