/** How long a disturbance explains that mail waits. */
import type { Disturbance } from '../history.ts';
import type { Allowances } from './check-options.ts';

export interface TroubledTime {
  readonly from: number;
  readonly to: number;
}

/**
 * How long after its end a disturbance still holds mail up, ms: the time the platform takes by design to get over it.
 * A history does not say which dispatcher owned which source, so it is granted to all mail.
 */
export function recoveryMs({ fault, target }: Disturbance, options: Allowances): number {
  // The path may be suspended, as after any connection that failed.
  if (fault === 'cut_after_dot') return options.retryMs;
  // Without the log no owner can renew, and each source may get a new one.
  if (fault === 'broker_kill' || fault === 'broker_bounce') return options.takeoverWaitMs;
  if (target.startsWith('dispatcher')) return options.takeoverWaitMs;
  return options.sessionMs;
}

/** The times in which waiting is explained, ascending and apart: what stood still, and the catching up after it. */
export function troubledTimes(disturbances: readonly Disturbance[], options: Allowances): readonly TroubledTime[] {
  const merged: StandStill[] = [];
  for (const disturbance of [...disturbances].sort((a, b) => a.at - b.at)) {
    const { at, until } = disturbance;
    const stoodUntil = Math.max(at, until) + recoveryMs(disturbance, options);
    const last = merged.at(-1);
    if (last && at <= endOf(last, options)) {
      last.stoodMs += Math.max(0, stoodUntil - Math.max(last.stoodUntil, at));
      last.stoodUntil = Math.max(last.stoodUntil, stoodUntil);
    } else {
      merged.push({ from: at, stoodMs: stoodUntil - at, stoodUntil });
    }
  }
  return merged.map((stand) => ({ from: stand.from, to: endOf(stand, options) }));
}

interface StandStill {
  readonly from: number;
  stoodMs: number;
  stoodUntil: number;
}

function endOf({ stoodMs, stoodUntil }: StandStill, { catchUp }: Allowances): number {
  return stoodUntil + stoodMs * catchUp;
}

/** How much of the time between the two no disturbance explains, ms. */
export function untroubledMs(troubled: readonly TroubledTime[], from: number, to: number): number {
  let left = Math.max(0, to - from);
  for (const trouble of troubled) {
    left -= Math.max(0, Math.min(trouble.to, to) - Math.max(trouble.from, from));
  }
  return Math.max(0, left);
}
