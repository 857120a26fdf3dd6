/** Limits as a receiver counts them: any window, whatever is in it. */
import type { ReceiverLimit, Reception } from '../history.ts';
import { ms } from './mail-rules.ts';
import type { Finding, LimitUse } from './verdict.ts';

export interface LimitCount {
  readonly limits: readonly LimitUse[];
  readonly findings: readonly Finding[];
}

/** `receptions` by time. */
export function countLimits(receptions: readonly Reception[], limits: readonly ReceiverLimit[]): LimitCount {
  const findings: Finding[] = [];
  const uses = limits.map((limit) => {
    const times = receptions
      .filter(({ provider, from }) => provider === limit.provider && from === limit.from)
      .map(({ at }) => at);
    const windows = fullest(times, limit);
    findings.push(...windows.over.map((window) => ({ kind: 'over_limit' as const, says: overLimit(limit, window) })));
    return { limit, received: times.length, most: windows.most.count, mostAt: windows.most.at };
  });
  return { limits: uses, findings };
}

interface Window {
  readonly count: number;
  /** When it ended. */
  readonly at: number;
}

/** The fullest window, and those over the limit, the fullest first. */
function fullest(times: readonly number[], { limit, periodMs }: ReceiverLimit): { most: Window; over: Window[] } {
  const over: Window[] = [];
  let most: Window = { count: 0, at: 0 };
  let first = 0;
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - periodMs) first++;
    const window = { count: last - first + 1, at };
    if (window.count > most.count) most = window;
    if (window.count > limit) over.push(window);
  }
  return { most, over: over.sort((a, b) => b.count - a.count) };
}

function overLimit({ provider, from, limit, periodMs }: ReceiverLimit, { count, at }: Window): string {
  return `${provider} from ${from}: ${count} in the ${ms(periodMs)} before ${ms(at)}, ${limit} at most`;
}
