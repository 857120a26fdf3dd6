import type { Clock, Timers } from '@penstock/ports';
import { lastStart, type PendingAttempt } from '../commands/pending-attempt.ts';
import type { PolicyPace } from './pace.ts';

/** Resolves when one more connection may be opened; with false once that would be too late for the attempt. */
export async function connectionPermit(
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
  pace: PolicyPace,
  { command }: PendingAttempt,
  mayStart: () => boolean,
): Promise<boolean> {
  const last = lastStart(command);
  while (clock.now() <= last && mayStart()) {
    const waitMs = pace.take(clock.monotonic());
    if (waitMs === 0) return true;
    if (clock.now() + waitMs > last) return false;
    await timers.sleep(Math.ceil(waitMs));
  }
  return false;
}
