/** Whether the wall clock of this host can be believed, held against what the log says. */

/** When the newest records were written, each by another witness; ms since the epoch by its writer's clock. */
export interface ClockWitnesses {
  /** Of each owner that renews, who does so every few seconds. */
  readonly owners: readonly number[];
  /** Of other partitions, which may have been silent for long. */
  readonly others: readonly number[];
}

/** Clocks of hosts that are kept in time differ by far less; what takes a minute harms nothing. */
export const CLOCK_TOLERANCE_MS = 60_000;

/** Those who wrote within the tolerance of that time, and those who wrote after it. */
export interface ClockVotes {
  readonly agreeing: readonly number[];
  readonly ahead: readonly number[];
}

/**
 * What the log says of a time. Where an owner has anything to say only owners are heard: a partition that fell silent
 * when the clock shows now says nothing about it.
 */
export function clockVotes(timeMs: number, { owners, others }: ClockWitnesses): ClockVotes {
  const heard = votesOf(timeMs, owners);
  return heard.agreeing.length + heard.ahead.length > 0 ? heard : votesOf(timeMs, others);
}

function votesOf(timeMs: number, witnesses: readonly number[]): ClockVotes {
  return {
    agreeing: witnesses.filter((at) => Math.abs(at - timeMs) <= CLOCK_TOLERANCE_MS),
    ahead: witnesses.filter((at) => at - timeMs > CLOCK_TOLERANCE_MS),
  };
}

/**
 * By how much the wall clock is behind the log, ms; undefined where it is not by more than a minute, or where as many
 * witnesses agree with it as contradict it: one writer whose clock is ahead keeps nobody from starting.
 */
export function clockBehindMs(wallMs: number, witnesses: ClockWitnesses): number | undefined {
  const { agreeing, ahead } = clockVotes(wallMs, witnesses);
  if (ahead.length <= agreeing.length) return undefined;
  const inOrder = ahead.toSorted((a, b) => a - b);
  return (inOrder[Math.floor(inOrder.length / 2)] ?? wallMs) - wallMs;
}

/**
 * By how much the wall clock is ahead of renewals that were read as they came, ms; undefined where it is not by more
 * than a minute, or where as many agree with it.
 */
export function clockAheadMs(wallMs: number, renewedNow: readonly number[]): number | undefined {
  const { agreeing } = votesOf(wallMs, renewedNow);
  const behind = renewedNow.filter((at) => wallMs - at > CLOCK_TOLERANCE_MS).toSorted((a, b) => a - b);
  if (behind.length <= agreeing.length) return undefined;
  return wallMs - (behind[Math.floor(behind.length / 2)] ?? wallMs);
}

/** Whether the log has more to say for the wall clock than for the time that is kept, which differs from it. */
export function sidesWithWall(wallMs: number, keptMs: number, witnesses: ClockWitnesses): boolean {
  if (Math.abs(wallMs - keptMs) <= 2 * CLOCK_TOLERANCE_MS) return false;
  return votesOf(wallMs, witnesses.owners).agreeing.length > votesOf(keptMs, witnesses.owners).agreeing.length;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function clockBehindReason(behindMs: number): string {
  return `the clock of this host is ${hoursAndMinutes(behindMs)} behind the log: put it right`;
}

export function clockAheadReason(aheadMs: number): string {
  return `the clock of this host is ${hoursAndMinutes(aheadMs)} ahead of the log: put it right`;
}

function hoursAndMinutes(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  return `${hours > 0 ? `${hours} h ` : ''}${minutes} min`;
}
