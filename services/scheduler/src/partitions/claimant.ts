/** Claims a partition: appends `partition_claimed` until it stands in the log, and again if another's follows it. */
import { randomName } from '@penstock/control';
import { batchId, type PartitionClaimed } from '@penstock/events';
import type { EventLog, Random, Telemetry, Timers } from '@penstock/ports';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

export interface ClaimantDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly owner: string;
  readonly nowMs: () => number;
}

export class Claimant {
  private claimId: string | undefined;
  private epochFolded: number | undefined;
  private losses = 0;
  private closed = false;

  constructor(
    private readonly deps: ClaimantDeps,
    private readonly partition: number,
  ) {}

  /** Offset of our claim once it is folded and no other's stands behind it. */
  get epoch(): number | undefined {
    return this.epochFolded;
  }

  /** Makes a new claim and sees to it that it gets into the log. */
  claim(afterMs = 0): void {
    this.epochFolded = undefined;
    const claimId = randomName(this.deps.random);
    this.claimId = claimId;
    this.append(claimId, afterMs).catch((error: unknown) => {
      this.deps.telemetry.log('error', 'claim_broken', { partition: this.partition, error: String(error) });
    });
  }

  close(): void {
    this.closed = true;
  }

  /** A claim that counts was folded at `offset`: `ours` if it is the one made last, `lost` if it follows ours. */
  folded(claimId: string, offset: number): 'ours' | 'lost' | 'other' {
    if (claimId === this.claimId) {
      this.epochFolded = offset;
      return 'ours';
    }
    if (this.epochFolded === undefined) return 'other';
    this.losses += 1;
    this.deps.telemetry.log('warn', 'partition_claimed_by_another', { partition: this.partition, offset });
    // The group still assigns the partition to us; the other should soon learn that it does not to it.
    this.claim(backoff(this.losses));
    return 'lost';
  }

  private async append(claimId: string, afterMs: number): Promise<void> {
    if (afterMs > 0) await this.deps.timers.sleep(afterMs);
    for (let failures = 1; !this.closed && this.awaits(claimId); failures++) {
      try {
        const records = [this.record(claimId)];
        await this.deps.log.append([{ topic: 'mail.events', partition: this.partition, records }]);
        return;
      } catch (error) {
        // It may stand in the log all the same: a repeated claim id is nothing.
        this.deps.telemetry.log('warn', 'claim_not_durable', { partition: this.partition, error: String(error) });
        await this.deps.timers.sleep(backoff(failures));
      }
    }
  }

  private awaits(claimId: string): boolean {
    return this.claimId === claimId && this.epochFolded === undefined;
  }

  private record(claimId: string): PartitionClaimed {
    return {
      id: batchId(this.partition, claimId, 0),
      type: 'partition_claimed',
      version: 1,
      at: this.deps.nowMs(),
      partition: this.partition,
      body: { claimId, owner: this.deps.owner },
    };
  }
}

function backoff(count: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(count, 10), LONGEST_RETRY_MS);
}
