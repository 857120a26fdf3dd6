/** What processes have used so far, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second for every program. */
const MS_PER_TICK = 10;
const MIB = 1024 * 1024;

/** Numbers of /proc/PID/stat, counted from the state, which is field 3 of the manual's list. */
const PARENT = 1;
const OWN_TICKS = [11, 12] as const;
const ENDED_CHILDREN_TICKS = [13, 14] as const;

function statOf(pid: number): readonly number[] {
  const text = read(`/proc/${pid}/stat`);
  // The command's name stands in parentheses and may hold anything.
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Empty where the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function ticks(stat: readonly number[], fields: readonly number[]): number {
  return fields.reduce((sum, field) => sum + (stat[field] ?? 0), 0);
}

/** User and system time of a process with all of its threads, ms. */
export function cpuMs(pid: number): number {
  return ticks(statOf(pid), OWN_TICKS) * MS_PER_TICK;
}

function children(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => statOf(pid)[PARENT] === parent);
}

/** The same for a process, its children, and those of them that have ended. */
export function familyCpuMs(parent: number): number {
  const own = ticks(statOf(parent), [...OWN_TICKS, ...ENDED_CHILDREN_TICKS]);
  const living = children(parent).map((pid) => ticks(statOf(pid), [...OWN_TICKS, ...ENDED_CHILDREN_TICKS]));
  return living.reduce((sum, used) => sum + used, own) * MS_PER_TICK;
}

function kibibytes(path: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(path))?.[1] ?? 0);
}

/** Most memory a process has held so far, MiB. */
export function peakRssMib(pid: number): number {
  return (kibibytes(`/proc/${pid}/status`, 'VmHWM') * 1024) / MIB;
}

export function rssMib(pid: number): number {
  return (kibibytes(`/proc/${pid}/status`, 'VmRSS') * 1024) / MIB;
}

/** Memory of a process and its children now, what they share counted once, MiB. */
export function familyMemoryMib(parent: number): number {
  const all = [parent, ...children(parent)].map((pid) => kibibytes(`/proc/${pid}/smaps_rollup`, 'Pss'));
  return (all.reduce((sum, kib) => sum + kib, 0) * 1024) / MIB;
}
