import type { Telemetry } from '@penstock/ports';
import { causeOf, isCoordinatorAway } from '../client/errors.ts';

const FIRST_RESTART_MS = 200;
const MAX_RESTART_MS = 10_000;

/** How a consumer of a group ended. */
export interface Crash {
  readonly group: string;
  readonly error: Error;
  /** How many consumers of the member have ended since one was assigned something, with this one. */
  readonly crashes: number;
  readonly isRetriable: boolean;
}

/** A coordinator that is away is a state and no crash, told once; on a slow machine the first may take a minute. */
export function tellCrash(telemetry: Telemetry, { group, error, crashes, isRetriable }: Crash): void {
  const told = { group, error: String(causeOf(error)), crashes };
  if (!isCoordinatorAway(error)) {
    telemetry.log(isRetriable ? 'warn' : 'error', 'kafka_consumer_crashed', told);
  } else if (crashes === 1) {
    telemetry.log('info', 'kafka_coordinator_awaited', told);
  }
}

/** How long a member waits before its next consumer, ms. */
export function restartDelayMs(crashes: number): number {
  return Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(10, crashes));
}
