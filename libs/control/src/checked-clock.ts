import type { Topic } from '@penstock/events';
import type { Clock, EventLog, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import {
  type ClockWitnesses,
  clockBehindMs,
  clockBehindReason,
  SteadyClock,
  sidesWithWall,
} from '@penstock/scheduling';

export interface CheckedClockDeps {
  readonly log: EventLog;
  /** The clock of the host. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** Between two looks at the log while the clock is behind it. */
const LOOK_AGAIN_MS = 3_000;
/** A clock that was put right is believed so much later at most. */
const COMPARE_EVERY_MS = 30_000;
/** More owners than renew between two looks are no better witnesses. */
const RENEWALS = 64;

/** Steady time that begins only when the wall clock is not behind the log: what began wrong would stay so for days. */
export class CheckedClock {
  readonly steady: SteadyClock;
  private next: TimerHandle | undefined;
  private stopped = false;

  constructor(private readonly deps: CheckedClockDeps) {
    this.steady = new SteadyClock(deps.clock);
  }

  /**
   * Resolves when the wall clock can be believed. Until then the process takes no partition, which others can have,
   * and says why once for each look.
   */
  async begin(): Promise<void> {
    for (;;) {
      const reason = await this.look();
      if (reason === undefined) break;
      this.deps.telemetry.log('error', 'clock_not_believed', { reason });
      await this.deps.timers.sleep(LOOK_AGAIN_MS);
    }
    this.steady.believeWall();
  }

  /**
   * For whose time concerns only what is new: as soon as the wall clock was set and the owners of sources, by the
   * clocks of their hosts, side with it, it is believed at once.
   */
  followLog(): void {
    this.next = this.deps.timers.after(COMPARE_EVERY_MS, () => {
      this.compare().then(
        () => this.goOn(),
        (error: unknown) => {
          this.deps.telemetry.log('warn', 'clock_not_compared', { error: String(error) });
          this.goOn();
        },
      );
    });
  }

  stop(): void {
    this.stopped = true;
    this.next?.cancel();
  }

  private goOn(): void {
    if (!this.stopped) this.followLog();
  }

  private async look(): Promise<string | undefined> {
    try {
      const behindMs = clockBehindMs(this.deps.clock.now(), await this.witnesses());
      return behindMs === undefined ? undefined : clockBehindReason(behindMs);
    } catch (error) {
      return `the clock of this host could not be compared with the log: ${String(error)}`;
    }
  }

  private async compare(): Promise<void> {
    const { clock, telemetry } = this.deps;
    // Nothing is read while they are as near as they always are.
    if (!sidesWithWall(clock.now(), this.steady.now(), { owners: [clock.now()], others: [] })) return;
    const witnesses = { owners: await this.owners(), others: [] };
    const byMs = clock.now() - this.steady.now();
    if (!sidesWithWall(clock.now(), this.steady.now(), witnesses)) return;
    this.steady.believeWall();
    telemetry.log('warn', 'clock_put_right', { byMs });
  }

  private async witnesses(): Promise<ClockWitnesses> {
    const { log } = this.deps;
    const partitions = Array.from({ length: log.partitionCount('mail.events') }, (_, partition) => partition);
    const [owners, control, ...events] = await Promise.all([
      this.owners(),
      this.newest('mail.control', 0, 1),
      ...partitions.map((partition) => this.newest('mail.events', partition, 1)),
    ]);
    return { owners, others: [...control, ...events.flat()].map(({ record }) => record.at) };
  }

  /** When each owner has renewed last. */
  private async owners(): Promise<readonly number[]> {
    const renewals = await this.newest('mail.signals', 0, RENEWALS);
    return [...new Map(renewals.map(({ record }) => [record.body.owner, record.at])).values()];
  }

  private async newest<T extends Topic>(topic: T, partition: number, count: number) {
    const { log } = this.deps;
    const { begin, end } = await log.bounds(topic, partition);
    return end > begin ? log.read(topic, partition, Math.max(begin, end - count), count) : [];
  }
}
