import { writeSync } from 'node:fs';

export function report() {
  const { user, system } = process.cpuUsage();
  writeSync(1, `@bench ${JSON.stringify({ event: 'result', cpuUs: user + system, rss: process.resourceUsage().maxRSS * 1024 })}\n`);
  process.exit(0);
}
