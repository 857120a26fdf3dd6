/** How long disturbances explain that mail waits. */
import type { Disturbance } from '../history.ts';
import type { Allowances } from './check-options.ts';

export interface TroubledTime {
  readonly from: number;
  readonly to: number;
}

/**
 * Until when a disturbance explains that mail of the provider waits, ms of the run; `at` where it explains nothing.
 * A history does not say who owned which source or partition, so what one of several processes meets is granted to
 * the mail of all.
 */
export function explainedUntil(
  { at, until, fault, target }: Disturbance,
  options: Allowances,
  provider?: string,
): number {
  const { takeoverWaitMs, sessionMs, retryMs } = options;
  // Leaders are elected, and every group finds its coordinator and joins again.
  if (fault === 'broker_kill' || fault === 'broker_bounce') return until + sessionMs;
  // The path is suspended, as after any connection that failed.
  if (fault === 'cut_after_dot') return provider === undefined || provider === target ? until + retryMs : at;
  // Counted from the last sign of life: who is back sooner still waits for its own former claim to be over.
  if (target.startsWith('dispatcher') && hasGone(fault)) return Math.max(until, at + takeoverWaitMs);
  if (target.startsWith('scheduler')) return Math.max(until, at + (hasGone(fault) ? sessionMs : 0));
  // What is accepted waits for no ingest and no projector; a store that is away holds budgets back, and comes back.
  return /^(ingest|projector)/.test(target) ? at : until;
}

function hasGone(fault: Disturbance['fault']): boolean {
  return fault === 'sigkill' || fault === 'sigstop' || fault === 'disk_full';
}

/**
 * The times in which waiting for the provider is explained, ascending and apart: what stood still, and after it the
 * catching up, `catchUp` ms for each ms.
 */
export function troubledTimes(
  disturbances: readonly Disturbance[],
  provider: string,
  catchUp: number,
  options: Allowances,
): readonly TroubledTime[] {
  const merged: StandStill[] = [];
  for (const disturbance of [...disturbances].sort((a, b) => a.at - b.at)) {
    const { at } = disturbance;
    const stoodUntil = explainedUntil(disturbance, options, provider);
    if (stoodUntil <= at) continue;
    const last = merged.at(-1);
    if (last && at <= endOf(last, catchUp)) {
      last.stoodMs += Math.max(0, stoodUntil - Math.max(last.stoodUntil, at));
      last.stoodUntil = Math.max(last.stoodUntil, stoodUntil);
    } else {
      merged.push({ from: at, stoodMs: stoodUntil - at, stoodUntil });
    }
  }
  return merged.map((stand) => ({ from: stand.from, to: endOf(stand, catchUp) }));
}

interface StandStill {
  readonly from: number;
  stoodMs: number;
  stoodUntil: number;
}

function endOf({ stoodMs, stoodUntil }: StandStill, catchUp: number): number {
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
