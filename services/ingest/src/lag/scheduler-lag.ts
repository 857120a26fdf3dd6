/** How far the scheduler is behind, as its group tells it: bulk mail waits outside until it has caught up. */
import { type Clock, PeriodicTask, type Telemetry, type Timers } from '@penstock/ports';

/** Where the scheduler's group is in one partition of `mail.events`. */
export interface SchedulerProgress {
  readonly partition: number;
  /** Next offset it folds; the first one held where it never told one. */
  readonly committed: number;
  /** Offset the next record will get. */
  readonly end: number;
}

export interface SchedulerLagSettings {
  readonly progress: () => Promise<readonly SchedulerProgress[]>;
  /** Bulk mail is refused while the scheduler is behind by more, and until it is behind by half as much; ms. */
  readonly limitMs: number;
}

export interface SchedulerLagDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** Why bulk mail is refused now. */
export interface Behind {
  /** For people: a sentence. */
  readonly text: string;
  readonly retryAfterS: number;
}

const LOOK_EVERY_MS = 1_000;
/** Of the time a partition has been behind; more often nothing is remembered: some 1,200 marks of ten days. */
const MARK_EVERY = 1 / 128;
const LONGEST_RETRY_AFTER_S = 60;

/** Everything before `end` had been appended `at` this monotonic time. */
interface Mark {
  readonly at: number;
  readonly end: number;
}

/**
 * Measures the lag in time, not in records, so that it means the same at ten messages a second and at ten thousand: the
 * ends of the partitions are remembered by the second, and the oldest one that the scheduler has not reached tells how
 * long it has been behind, by the monotonic clock of this process alone.
 */
export class SchedulerLag {
  private readonly marks = new Map<number, readonly Mark[]>();
  private readonly looking: PeriodicTask;
  private lagMs = 0;
  private refusing = false;

  constructor(
    private readonly deps: SchedulerLagDeps,
    private readonly settings: SchedulerLagSettings,
  ) {
    this.looking = new PeriodicTask(deps.timers, LOOK_EVERY_MS, () => this.look());
  }

  /** Looks once a second from now on. */
  start(): void {
    this.looking.start();
  }

  stop(): void {
    this.looking.stop();
  }

  /** For how long the oldest record that the scheduler has not folded has been there, at the last look; ms. */
  get behindMs(): number {
    return this.lagMs;
  }

  /** Undefined while bulk mail is taken, else why not. */
  behind(): Behind | undefined {
    if (!this.refusing) return undefined;
    const { limitMs } = this.settings;
    const retryAfterS = Math.min(LONGEST_RETRY_AFTER_S, Math.max(1, Math.round(limitMs / 2_000)));
    const text =
      `Bulk mail is refused for now: the scheduler is ${Math.round(this.lagMs / 1_000)} s behind. ` +
      `Try again in ${retryAfterS} s; transactional mail is accepted.`;
    return { text, retryAfterS };
  }

  /** Never rejects. A log that does not answer says nothing about the scheduler, and takes no mail anyway. */
  private async look(): Promise<void> {
    try {
      this.measure(await this.settings.progress());
    } catch (error) {
      this.deps.telemetry.log('warn', 'scheduler_lag_unknown', { error: String(error) });
    }
  }

  private measure(progress: readonly SchedulerProgress[]): void {
    const now = this.deps.clock.monotonic();
    let lagMs = 0;
    let worst = 0;
    for (const { partition, committed, end } of progress) {
      const unfolded = (this.marks.get(partition) ?? []).filter((mark) => mark.end > committed);
      const marks = end > committed ? marked(unfolded, { at: now, end }) : [];
      this.marks.set(partition, marks);
      const behindMs = now - (marks[0]?.at ?? now);
      if (behindMs <= lagMs) continue;
      lagMs = behindMs;
      worst = partition;
    }
    this.lagMs = lagMs;
    this.judge(worst);
  }

  /** With a gap between stop and go, so that mail is not let in and out by the second. */
  private judge(partition: number): void {
    const { limitMs } = this.settings;
    const refusing = this.lagMs > (this.refusing ? limitMs / 2 : limitMs);
    if (refusing === this.refusing) return;
    this.refusing = refusing;
    const told = { partition, behindMs: this.lagMs, limitMs };
    this.deps.telemetry.log('warn', refusing ? 'bulk_mail_refused' : 'bulk_mail_taken_again', told);
  }
}

/** With the new mark; the longer the scheduler has been behind, the fewer are needed. */
function marked(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const [first = mark] = marks;
  const last = marks.at(-1);
  return last && mark.at - last.at < (mark.at - first.at) * MARK_EVERY ? marks : [...marks, mark];
}
