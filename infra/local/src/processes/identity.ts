/**
 * Which process a pid means. Pids are used again, so a pid alone is never enough to send a signal: the time it was
 * started and its command line must be those that were written down.
 */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine booted, field 22 of /proc/PID/stat; proc(5). */
  readonly startTicks: string;
  /** Text that stands in the command line of this server and no other, such as the path of its configuration. */
  readonly marker: string;
}

interface ProcessStat {
  readonly state: string;
  /** Threads that are there yet, the first one included. */
  readonly threads: number;
  readonly startTicks: string;
}

/** The name in parentheses may hold blanks and parentheses, so fields are counted from the last one on; proc(5). */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  const threads = Number(fields[17]);
  return state === undefined || startTicks === undefined ? undefined : { state, threads, startTicks };
}

function readProc(pid: number, name: 'stat' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** What must be written down of a process just started; undefined when it is gone already. */
export function identify(pid: number, marker: string): ProcessIdentity | undefined {
  const stat = parseStat(readProc(pid, 'stat') ?? '');
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks, marker };
}

/** Whether the process written down still runs: one that is exiting does not, nor does another that was given its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  return !isGone(identity) && (readProc(identity.pid, 'cmdline') ?? '').includes(identity.marker);
}

/**
 * Whether the process written down has ended and given everything back, its ports among it. An exiting process has no
 * command line any more before its files are closed; the zombie that its parent has yet to reap has closed them, once
 * the other threads are gone too, which may outlive the first one.
 */
export function isGone({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = parseStat(readProc(pid, 'stat') ?? '');
  return stat === undefined || stat.startTicks !== startTicks || hasEnded(stat);
}

function hasEnded({ state, threads }: ProcessStat): boolean {
  return state === 'X' || (state === 'Z' && threads <= 1);
}

export function formatIdentity(identity: ProcessIdentity): string {
  return `${JSON.stringify(identity)}\n`;
}

/** Undefined for anything that is not a whole identity, so that half a file is treated like none. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startTicks, marker } = JSON.parse(text) as Partial<ProcessIdentity>;
    const whole = Number.isInteger(pid) && Number(pid) > 1 && typeof startTicks === 'string' && marker;
    return whole ? { pid: Number(pid), startTicks, marker } : undefined;
  } catch {
    return undefined;
  }
}
