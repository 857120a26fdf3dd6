import type { Clock, Timers } from '@penstock/ports';
import { lastStart, type PendingAttempt } from '../commands/pending-attempt.ts';
import type { PolicyPace } from './pace.ts';

/**
 * Resolves when one more connection may be opened; with false once that would be too late for the attempt, or `signal`
 * says that nothing starts any more.
 */
export async function connectionPermit(
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
  pace: PolicyPace,
  { command }: PendingAttempt,
  mayStart: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const last = lastStart(command);
  while (clock.now() <= last && mayStart()) {
    const waitMs = pace.take(clock.monotonic());
    if (waitMs === 0) return true;
    if (clock.now() + waitMs > last) return false;
    await sleepUnless(signal, timers, Math.ceil(waitMs));
  }
  return false;
}

async function sleepUnless(signal: AbortSignal, timers: Timers, ms: number): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = timers.after(ms, wake);
    signal.addEventListener('abort', wake);
  });
}
