const { user, system } = process.cpuUsage();
require('node:fs').writeSync(
  1,
  `@bench ${JSON.stringify({ event: 'result', cpuUs: user + system, rss: process.resourceUsage().maxRSS * 1024 })}\n`,
);
