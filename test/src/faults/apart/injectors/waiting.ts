import { setTimeout as pause } from 'node:timers/promises';

/** Resolves after the time, or when the signal is aborted. */
export async function last(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}
