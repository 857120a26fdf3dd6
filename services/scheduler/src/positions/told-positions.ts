/** How far the fold is, told to whoever asks the log for it. */
import type { EventLog, Telemetry, TimerHandle, Timers } from '@penstock/ports';

/** Ingest looks once a second. */
export const TELL_WITHIN_MS = 1_000;
/** A position that was told and got lost would look like a scheduler that stands still, and keep bulk mail out. */
export const TELL_AGAIN_MS = 60_000;

export interface ToldPositionsDeps {
  readonly log: Pick<EventLog, 'commit'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** The next offset to fold, by partition, of this moment. */
  readonly positions: () => ReadonlyMap<number, number>;
}

/**
 * Commits the positions of the fold to its group, once a second at most, for others to read: ingest slows bulk mail by
 * them, and Kafka's own tools show them. No scheduler goes on from there: its position lies with its state.
 */
export class ToldPositions {
  private readonly told = new Map<number, number>();
  private timer: TimerHandle | undefined;
  /** Of its own: where some partition changes every second, the others are told again all the same. */
  private againTimer: TimerHandle | undefined;
  private soon = false;
  private telling: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly deps: ToldPositionsDeps) {}

  /** A position may have changed. */
  changed(): void {
    if (this.soon || this.closed) return;
    this.soon = true;
    this.timer = this.deps.timers.after(TELL_WITHIN_MS, () => this.tellAll());
    this.againTimer ??= this.deps.timers.after(TELL_AGAIN_MS, () => this.tellAgain());
  }

  /** The partition is given up at this position: the last that is told of it, so that it does not look behind. */
  async left(partition: number, position: number): Promise<void> {
    await this.tell(partition, position);
    this.told.delete(partition);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    this.againTimer?.cancel();
    await this.telling;
  }

  private tellAgain(): void {
    this.againTimer = this.deps.timers.after(TELL_AGAIN_MS, () => this.tellAgain());
    this.told.clear();
    this.changed();
  }

  private tellAll(): void {
    this.soon = false;
    // The log is slow: what has changed since it was asked is told when it has answered.
    if (this.telling) {
      this.changed();
      return;
    }
    this.telling = this.tellChanged().finally(() => {
      this.telling = undefined;
    });
  }

  private async tellChanged(): Promise<void> {
    await Promise.all([...this.deps.positions()].map(([partition, position]) => this.tell(partition, position)));
  }

  /** Never rejects: nothing depends on it that could not wait for the next time. */
  private async tell(partition: number, position: number): Promise<void> {
    if (this.told.get(partition) === position) return;
    try {
      await this.deps.log.commit('scheduler', 'mail.events', partition, position);
      this.told.set(partition, position);
    } catch (error) {
      this.deps.telemetry.log('warn', 'position_not_told', { partition, error: String(error) });
      this.changed();
    }
  }
}
