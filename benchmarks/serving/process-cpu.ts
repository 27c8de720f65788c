import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux fixes for what it shows in /proc

/** Returns the CPU time of a process and its children, including those that have ended, or null without /proc (not Linux). */
export function cpuSecondsOfFamily(pid: number): number | null {
  const parent = timesOf(pid);
  if (!parent) return null;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => timesOf(Number(name)))
    .filter((times) => times?.parent === pid);
  const own = [parent, ...children].reduce((sum, times) => sum + (times?.own ?? 0), 0);
  return (own + parent.ofEndedChildren) / TICKS_PER_SECOND;
}

function timesOf(pid: number): { parent: number; own: number; ofEndedChildren: number } | null {
  try {
    // proc(5): the name, in brackets, may hold spaces; what follows does not.
    const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Z] )/);
    const fields = after.split(' ').map(Number);
    const [, parent = NaN] = fields;
    const [user = NaN, system = NaN, userOfChildren = NaN, systemOfChildren = NaN] = fields.slice(11, 15);
    return { parent, own: user + system, ofEndedChildren: userOfChildren + systemOfChildren };
  } catch {
    return null;
  }
}
