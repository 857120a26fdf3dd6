import { MemoryLogData } from '@penstock/adapter-memory';
import type { Topic } from '@penstock/events';
import type { AnyAppendBatch, EventLog, StoredRecord } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Simulation } from '../simulation.ts';
import { LogConnection } from './log-connection.ts';

export type AppendObserver = (topic: Topic, partition: number, records: readonly StoredRecord[]) => void;

/**
 * The log as every process sees it across a network: it outlives them, each of its partitions answers when it
 * likes, appends fail or lose their acknowledgement, and what a dead process had sent still arrives.
 *
 * A member that its group takes for dead goes on for a while (see GroupMember). Kinder than a real one: a dead member's
 * partitions move at once, and nothing is forgotten with age.
 */
export class SimulatedLog {
  readonly data: MemoryLogData;
  private readonly observers: AppendObserver[] = [];
  private readonly commits = new Map<string, (number | undefined)[]>();

  constructor(
    readonly simulation: Simulation,
    readonly faults: FaultPlan,
    partitions: Partial<Record<Topic, number>> = {},
  ) {
    this.data = new MemoryLogData({ partitions });
  }

  /** Called with what was stored, when it is stored. */
  onAppend(observer: AppendObserver): void {
    this.observers.push(this.simulation.guard(observer));
  }

  connect(process: SimulatedProcess): EventLog {
    return new LogConnection(this, process);
  }

  /** Everything the partition holds. */
  records(topic: Topic, partition: number): readonly StoredRecord[] {
    const { begin, end } = this.data.bounds(topic, partition);
    return this.data.read(topic, partition, begin, end - begin);
  }

  store({ topic, partition, records }: AnyAppendBatch): number {
    const first = this.data.store(topic, partition, records);
    const stored = this.data.read(topic, partition, first, records.length);
    // Readers share records: whoever changes one fails here, at once.
    for (const { offset, record } of stored) {
      freeze(record);
      this.simulation.note(`  ${topic}-${partition}@${offset} ${record.type} ${record.id}`);
    }
    for (const observer of this.observers) observer(topic, partition, stored);
    return first;
  }

  commit(key: string, offset: number): void {
    const before = this.data.committed.get(key);
    this.commits.set(key, [...(this.commits.get(key) ?? []), before].slice(-8));
    this.data.committed.set(key, offset);
  }

  /** A position may be lost by a crash: each goes back to one of its last values. */
  loseCommits(group: string): void {
    const random = this.simulation.random('lost commits');
    for (const [key, earlier] of this.commits) {
      if (!key.startsWith(`${group} `) || earlier.length === 0) continue;
      const value = random.pick(earlier.map((offset) => ({ offset }))).offset;
      if (value === undefined) this.data.committed.delete(key);
      else this.data.committed.set(key, value);
    }
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
