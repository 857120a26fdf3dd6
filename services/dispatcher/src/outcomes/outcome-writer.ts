import type { Fact } from '@penstock/events';
import type { EventLog, Telemetry, Timers } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';

export interface Outcome {
  readonly fact: Fact;
  readonly attempt: PendingAttempt;
}

const MAX_BATCH = 500;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2000;

interface Lane {
  pending: Outcome[];
  /** How many were added, and how many of them are durable. */
  added: number;
  done: number;
  writing: boolean;
}

/**
 * Appends outcomes, partition by partition, again and again until they are durable: repeated ids are repeats. While
 * one batch is written the next one gathers.
 */
export class OutcomeWriter {
  private readonly lanes = new Map<number, Lane>();
  private waiting: (() => void)[] = [];
  private marks: { readonly resolve: () => void; readonly isReached: () => boolean }[] = [];
  private abandoned = false;

  constructor(
    private readonly ports: { readonly log: EventLog; readonly timers: Timers; readonly telemetry: Telemetry },
    private readonly durable: (outcomes: readonly Outcome[]) => void,
  ) {}

  add(outcome: Outcome): void {
    const { partition } = outcome.fact;
    let lane = this.lanes.get(partition);
    if (!lane) {
      lane = { pending: [], added: 0, done: 0, writing: false };
      this.lanes.set(partition, lane);
    }
    lane.pending.push(outcome);
    lane.added++;
    if (!lane.writing) void this.write(partition, lane);
  }

  /** Resolves when all that was added is durable, or given up. */
  flushed(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves when all that was added before is durable; not if it is given up. */
  written(): Promise<void> {
    const marks = [...this.lanes.values()].map((lane) => ({ lane, until: lane.added }));
    return new Promise((resolve) => {
      this.marks.push({ resolve, isReached: () => marks.every(({ lane, until }) => lane.done >= until) });
      this.tell();
    });
  }

  private tell(): void {
    if (this.marks.length === 0) return;
    const reached = this.marks.filter(({ isReached }) => isReached());
    this.marks = this.marks.filter((mark) => !reached.includes(mark));
    for (const { resolve } of reached) resolve();
  }

  /** Tries no append again: what is not durable stays undecided in the log. */
  abandon(): void {
    this.abandoned = true;
  }

  private get idle(): boolean {
    for (const lane of this.lanes.values()) if (lane.writing) return false;
    return true;
  }

  private async write(partition: number, lane: Lane): Promise<void> {
    lane.writing = true;
    while (lane.pending.length > 0 && !this.abandoned) {
      const batch = lane.pending.slice(0, MAX_BATCH);
      lane.pending = lane.pending.slice(MAX_BATCH);
      if (!(await this.append(partition, batch))) continue;
      lane.done += batch.length;
      this.durable(batch);
      this.tell();
    }
    lane.writing = false;
    if (!this.idle) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private async append(partition: number, batch: readonly Outcome[]): Promise<boolean> {
    const records = batch.map(({ fact }) => fact);
    for (let backoffMs = FIRST_BACKOFF_MS; !this.abandoned; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      try {
        await this.ports.log.append([{ topic: 'mail.events', partition, records }]);
        return true;
      } catch (error) {
        this.ports.telemetry.log('error', 'outcomes_not_recorded', { partition, error: String(error) });
      }
      await this.ports.timers.sleep(backoffMs);
    }
    return false;
  }
}
