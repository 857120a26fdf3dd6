/** Commands on their way to `mail.attempts`. */
import type { Attempt } from '@penstock/events';
import type { AnyAppendBatch, EventLog, Telemetry, Timers } from '@penstock/ports';

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5000;

/** Tries once the partition is given up; then its next owner sends the commands again. */
const TRIES_WHEN_CLOSING = 3;

/**
 * Appends commands in the order they were given, everything that waits in one go, again and again until they are
 * durable: an append that failed may stand in the log all the same, and the dispatcher drops what it has seen.
 */
export class CommandOutbox {
  private readonly waiting = new Map<number, Attempt[]>();
  private pumping: Promise<void> | undefined;
  private closing = false;

  constructor(
    private readonly log: Pick<EventLog, 'append'>,
    private readonly timers: Pick<Timers, 'sleep'>,
    private readonly telemetry: Telemetry,
  ) {}

  /** `partition` of `mail.attempts`. */
  add(partition: number, command: Attempt): void {
    const queue = this.waiting.get(partition);
    if (queue) queue.push(command);
    else this.waiting.set(partition, [command]);
  }

  /** Sends what was added. */
  flush(): void {
    if (this.pumping || this.waiting.size === 0) return;
    this.pumping = this.pump().finally(() => {
      this.pumping = undefined;
      // Added between the last look and now. Once it is given up, what is left is its next owner's.
      if (!this.closing) this.flush();
    });
  }

  /** Resolves when everything is durable, or was tried often enough. */
  async close(): Promise<void> {
    this.closing = true;
    await this.pumping;
    this.flush();
    await this.pumping;
  }

  private async pump(): Promise<void> {
    for (let failures = 0; this.waiting.size > 0; ) {
      if (this.closing && failures >= TRIES_WHEN_CLOSING) return;
      const batches = this.take();
      try {
        await this.log.append(batches);
        failures = 0;
      } catch (error) {
        this.giveBack(batches);
        failures += 1;
        this.telemetry.log('warn', 'commands_not_durable', { failures, error: String(error) });
        await this.timers.sleep(Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 10), LONGEST_RETRY_MS));
      }
    }
  }

  private take(): readonly CommandBatch[] {
    const batches: CommandBatch[] = [];
    for (const [partition, records] of this.waiting) batches.push({ topic, partition, records });
    this.waiting.clear();
    return batches;
  }

  private giveBack(batches: readonly CommandBatch[]): void {
    for (const { partition, records } of batches) {
      this.waiting.set(partition, [...records, ...(this.waiting.get(partition) ?? [])]);
    }
  }
}

const topic = 'mail.attempts' as const;

type CommandBatch = Extract<AnyAppendBatch, { readonly topic: typeof topic }>;
