import type { OwnerRenewed, Topic } from '@penstock/events';
import { type Clock, type EventLog, PeriodicTask, type Telemetry, type Timers } from '@penstock/ports';
import {
  clockAheadMs,
  clockAheadReason,
  clockBehindMs,
  clockBehindReason,
  clockVotes,
  SteadyClock,
  sidesWithWall,
} from '@penstock/scheduling';

export interface CheckedClockDeps {
  readonly log: EventLog;
  /** The clock of the host. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Where false the clock of the host is believed whatever the log says. */
  readonly clockCheck?: boolean | undefined;
}

/** Between two looks at the log while the clock is behind it. */
const LOOK_AGAIN_MS = 3_000;
/**
 * Where the log looks silent by this clock, so long is listened for an owner, who renews every 10 s: whoever renews now
 * tells a clock that is ahead from a silence.
 */
const LISTEN_MS = 15_000;
/** A clock that was put right is believed so much later at most. */
const COMPARE_EVERY_MS = 30_000;
/** More owners than renew between two looks are no better witnesses. */
const RENEWALS = 64;

type Look = 'believe' | 'listen' | { readonly reason: string };

/** Steady time that begins only when the log does not contradict the wall clock: what began wrong would stay so for days. */
export class CheckedClock {
  readonly steady: SteadyClock;
  /** What stood on `mail.signals` at the first look, and when that was by the monotonic clock. */
  private listening: { readonly after: number; readonly sinceMs: number } | undefined;
  private readonly comparing: PeriodicTask;

  constructor(private readonly deps: CheckedClockDeps) {
    this.steady = new SteadyClock(deps.clock);
    this.comparing = new PeriodicTask(deps.timers, COMPARE_EVERY_MS, () => this.compareOn());
  }

  /**
   * Resolves when the wall clock can be believed. Until then the process takes no partition, which others can have,
   * and says why once for each look.
   */
  async begin(): Promise<void> {
    if (this.deps.clockCheck !== false) await this.agreed();
    this.steady.believeWall();
  }

  private async agreed(): Promise<void> {
    for (let look = await this.look(); look !== 'believe'; look = await this.look()) {
      if (look !== 'listen') this.deps.telemetry.log('error', 'clock_not_believed', { reason: look.reason });
      await this.deps.timers.sleep(LOOK_AGAIN_MS);
    }
  }

  /**
   * For whose time concerns only what is new: as soon as the wall clock was set and the owners of sources, by the
   * clocks of their hosts, side with it, it is believed at once.
   */
  followLog(): void {
    this.comparing.start();
  }

  stop(): void {
    this.comparing.stop();
  }

  private async compareOn(): Promise<void> {
    try {
      await this.compare();
    } catch (error) {
      this.deps.telemetry.log('warn', 'clock_not_compared', { error: String(error) });
    }
  }

  private async look(): Promise<Look> {
    try {
      return await this.judge();
    } catch (error) {
      return { reason: `the clock of this host could not be compared with the log: ${String(error)}` };
    }
  }

  private async judge(): Promise<Look> {
    const { clock } = this.deps;
    const renewals = await this.renewals();
    this.listening ??= { after: renewals.at(-1)?.offset ?? -1, sinceMs: clock.monotonic() };
    const { after, sinceMs } = this.listening;
    const witnesses = { owners: newestOfEach(renewals), others: await this.others() };
    const wallMs = clock.now();
    const behindMs = clockBehindMs(wallMs, witnesses);
    if (behindMs !== undefined) return { reason: clockBehindReason(behindMs) };
    const renewedNow = newestOfEach(renewals.filter(({ offset }) => offset > after));
    const aheadMs = clockAheadMs(wallMs, renewedNow);
    if (aheadMs !== undefined) return { reason: clockAheadReason(aheadMs) };
    const isSilent = renewals.length > 0 && clockVotes(wallMs, witnesses).agreeing.length + renewedNow.length === 0;
    return isSilent && clock.monotonic() - sinceMs < LISTEN_MS ? 'listen' : 'believe';
  }

  private async compare(): Promise<void> {
    const { clock, telemetry } = this.deps;
    // Nothing is read while they are as near as they always are.
    if (!sidesWithWall(clock.now(), this.steady.now(), { owners: [clock.now()], others: [] })) return;
    const witnesses = { owners: newestOfEach(await this.renewals()), others: [] };
    const byMs = clock.now() - this.steady.now();
    if (!sidesWithWall(clock.now(), this.steady.now(), witnesses)) return;
    this.steady.believeWall();
    telemetry.log('warn', 'clock_put_right', { byMs });
  }

  private async renewals() {
    const signals = await this.newest('mail.signals', 0, RENEWALS);
    return signals.flatMap(({ offset, record }) => (record.type === 'owner_renewed' ? [{ offset, record }] : []));
  }

  private async others(): Promise<readonly number[]> {
    const partitions = Array.from({ length: this.deps.log.partitionCount('mail.events') }, (_, partition) => partition);
    const [control, ...events] = await Promise.all([
      this.newest('mail.control', 0, 1),
      ...partitions.map((partition) => this.newest('mail.events', partition, 1)),
    ]);
    return [...control, ...events.flat()].map(({ record }) => record.at);
  }

  private async newest<T extends Topic>(topic: T, partition: number, count: number) {
    const { log } = this.deps;
    const { begin, end } = await log.bounds(topic, partition);
    return end > begin ? log.read(topic, partition, Math.max(begin, end - count), count) : [];
  }
}

/** When each owner has renewed last. */
function newestOfEach(renewals: readonly { readonly record: OwnerRenewed }[]): readonly number[] {
  return [...new Map(renewals.map(({ record }) => [record.body.owner, record.at])).values()];
}
