/**
 * Held and remote time, counted apart. Every moment of a delivery's life after `send_at` belongs to one of them:
 * attempts that cost one and the wait the receiver asked for are remote; waiting for us, and attempts that were
 * handed back, are held.
 */
import type { DeliveryProgress } from './delivery.ts';

type Clocks = Pick<DeliveryProgress, 'countedUntil' | 'remoteUntil' | 'heldMs' | 'remoteMs'>;

export interface ClockReading {
  readonly heldMs: number;
  readonly remoteMs: number;
}

/** What the two clocks of a waiting delivery show at `at`, ms since the epoch. */
export function readClocks(clocks: Clocks, at: number): ClockReading {
  const { countedUntil, remoteUntil, heldMs, remoteMs } = clocks;
  if (at <= countedUntil) return { heldMs, remoteMs };
  const turn = Math.min(Math.max(remoteUntil, countedUntil), at);
  return { heldMs: heldMs + (at - turn), remoteMs: remoteMs + (turn - countedUntil) };
}

/** The wait is over: an attempt opens at `at`. */
export function countWait(clocks: Clocks, at: number): void {
  const { heldMs, remoteMs } = readClocks(clocks, at);
  clocks.heldMs = heldMs;
  clocks.remoteMs = remoteMs;
  advance(clocks, at);
}

/** The attempt ended at `at`; `held` if it was handed back. The next wait is held from the start. */
export function countAttempt(clocks: Clocks, at: number, held: boolean): void {
  const passed = Math.max(0, at - clocks.countedUntil);
  if (held) clocks.heldMs += passed;
  else clocks.remoteMs += passed;
  advance(clocks, at);
}

function advance(clocks: Clocks, at: number): void {
  clocks.countedUntil = Math.max(clocks.countedUntil, at);
  clocks.remoteUntil = clocks.countedUntil;
}
