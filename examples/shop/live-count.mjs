// The line in the terminal that counts what the viewer has got.
const TTY_INTERVAL_MS = 250;
const LOG_INTERVAL_MS = 5000;

/** Keeps one line up to date on a terminal, else writes one every few seconds. Returns what writes the last one. */
export function showCount(viewer, output = process.stdout) {
  const write = () => {
    const { traces, received_spans: spans, refused } = viewer.stats();
    const line = `  ${traces} traces, ${spans.toLocaleString('en')} spans${refused > 0 ? `, ${refused} requests refused` : ''}`;
    output.write(output.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  };
  const timer = setInterval(write, output.isTTY ? TTY_INTERVAL_MS : LOG_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    write();
    if (output.isTTY) output.write('\n');
  };
}
