/** A duration in seconds as people read it: three digits and the unit that fits. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds >= 60) {
    const whole = Math.round(seconds);
    return whole >= 3600 ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  if (seconds >= 1) return `${threeDigits(seconds)} s`;
  if (seconds >= 0.001) return `${threeDigits(seconds * 1e3)} ms`;
  return `${Math.round(seconds * 1e6)} µs`;
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
