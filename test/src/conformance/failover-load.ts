import type { KafkaLog } from '@penstock/adapter-kafka';
import { type Fact, TOPICS } from '@penstock/events';
import { until } from '../fixtures/until.ts';

export const TOPIC = TOPICS.events;
export const PARTITIONS = 24;
const BATCHES = 4;
const RECORDS = 3;
const TRIES = 5;

/** Writers that go on as far as they are allowed to, and remember where each record was acknowledged. */
export class Load {
  /** Offset that was answered for each acknowledged record, by partition. */
  readonly acknowledged = Array.from({ length: PARTITIONS }, () => new Map<string, number>());
  rejected = 0;
  longestMs = 0;
  private allowed = 0;
  private begun = 0;
  private count = 0;

  constructor(private readonly all: number) {}

  get acknowledgedCount(): number {
    return this.count;
  }

  allow(records: number): void {
    this.allowed = records;
  }

  /** Appends batches to several partitions at once, one append after the other. */
  async write(log: KafkaLog, writer: number): Promise<void> {
    for (let n = 0; this.begun < this.all; n++) {
      if (this.begun >= this.allowed) {
        const mayGoOn = () => this.begun < this.allowed || this.begun >= this.all;
        await until(mayGoOn, `writer ${writer} may go on`, { everyMs: 5 });
        if (this.begun >= this.all) return;
      }
      this.begun += BATCHES * RECORDS;
      const batches = Array.from({ length: BATCHES }, (_, b) =>
        batchOf(writer, n, (writer + n * 5 + b * 7) % PARTITIONS),
      );
      const receipts = await this.append(log, batches);
      for (const [b, { partition, records }] of batches.entries()) {
        const offset = receipts[b]?.offset ?? -1;
        for (const [i, { id }] of records.entries()) this.acknowledged[partition]?.set(id, offset + i);
        this.count += records.length;
      }
    }
  }

  /** As a service would: what is not known to be durable is appended again, with the same ids. */
  private async append(log: KafkaLog, batches: readonly ReturnType<typeof batchOf>[]) {
    for (let tries = 1; ; tries++) {
      const began = performance.now();
      try {
        const receipts = await log.append(batches);
        this.longestMs = Math.max(this.longestMs, performance.now() - began);
        return receipts;
      } catch (error) {
        this.rejected++;
        if (tries === TRIES) throw error;
      }
    }
  }
}

function batchOf(writer: number, n: number, partition: number) {
  const records = Array.from({ length: RECORDS }, (_, i) => fact(writer, n * RECORDS + i, partition));
  return { topic: TOPIC, partition, records } as const;
}

function fact(writer: number, n: number, partition: number): Fact {
  return {
    id: `${writer}-${partition}-${n}`,
    type: 'partition_claimed',
    version: 1,
    at: 1_700_000_000_000 + n,
    partition,
    body: { claimId: `claim ${n} ${'x'.repeat(300)}`, owner: `writer ${writer}` },
  };
}
