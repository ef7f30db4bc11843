import { readdirSync, readFileSync } from 'node:fs';

/**
 * What runs below this process: `name` is what the kernel shows (15 characters), by which Firefox tells its kinds of processes apart.
 * @returns {{ pid: number, name: string }[]}
 */
export function listDescendants() {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap(readProcess);
  const below = (parent) => all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(process.pid);
}

/** @param {{ pid: number }[]} processes */
export function killAll(processes) {
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
}

function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat);
    return [{ pid: Number(pid), name, parent: Number(rest.split(' ')[1]) }];
  } catch (error) {
    // It ended meanwhile.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return [];
    throw error;
  }
}
