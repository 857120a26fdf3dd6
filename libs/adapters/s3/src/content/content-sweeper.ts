/** Deletes content by age, an hour at a time. Deleting is idempotent: any number of processes may sweep at once. */
import type { Clock, Random, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import { type ObjectStorage, StorageSetupError } from '../storage/object-storage.ts';
import { CONTENT_FOLDER, HOUR_MS, hourFolder, parseHour } from './segment-name.ts';

export interface RetentionRule {
  /** Content older than this is deleted, ms. */
  readonly retentionMs: number;
  /**
   * How long content may be needed by the policy in force, ms; undefined while that is not known. Asked before each
   * sweep: nothing is deleted while it is longer than the retention.
   */
  readonly leastMs: () => number | undefined;
}

interface SweeperDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

const SWEEP_EVERY_MS = 15 * 60_000;

export class ContentSweeper {
  private timer: TimerHandle | undefined;
  private sweeping: Promise<unknown> | undefined;
  private closed = false;

  constructor(
    private readonly storage: ObjectStorage,
    private readonly deps: SweeperDeps,
    private readonly rule: RetentionRule,
  ) {
    const leastMs = rule.leastMs() ?? 0;
    if (rule.retentionMs >= leastMs) return;
    const hours = (ms: number) => `${Math.ceil(ms / HOUR_MS)} h`;
    const message = `content kept for ${hours(rule.retentionMs)} is deleted before mail that may be pending for`;
    throw new StorageSetupError(`${message} ${hours(leastMs)}`);
  }

  start(): void {
    if (this.closed) return;
    // Spread, so that processes started together do not list together.
    const delayMs = SWEEP_EVERY_MS * (0.5 + this.deps.random.next());
    this.timer = this.deps.timers.after(delayMs, () => {
      this.sweeping = this.sweep()
        .catch((error: unknown) => this.deps.telemetry.log('error', 'content_sweep_failed', { error: String(error) }))
        .finally(() => this.start());
    });
  }

  /** Answers the folders it deleted. */
  async sweep(): Promise<readonly string[]> {
    const leastMs = this.rule.leastMs();
    if (leastMs === undefined) return [];
    const { retentionMs } = this.rule;
    if (retentionMs < leastMs) {
      this.deps.telemetry.log('error', 'content_retention_too_short', { retentionMs, leastMs });
      return [];
    }
    const keptFrom = this.deps.clock.now() - retentionMs;
    const removed: string[] = [];
    for (const name of await this.storage.folders(CONTENT_FOLDER)) {
      const hour = parseHour(name);
      if (this.closed || hour === undefined || (hour + 1) * HOUR_MS > keptFrom) continue;
      const segments = await this.storage.removeFolder(hourFolder(hour));
      this.deps.telemetry.log('info', 'content_deleted', { hour: name, segments });
      removed.push(name);
    }
    return removed;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.sweeping;
  }
}
