import type { Fact, RecordOf } from '@penstock/events';
import type { AnyConsumer, EventLog, PartitionHandler, StoredRecord } from '@penstock/ports';

/** The topic the suite works on. An adapter gives it at least two partitions. */
export const TOPIC = 'mail.events';

type Events = typeof TOPIC;

/** An adapter under test. */
export interface EventLogHarness {
  /** The log as the process has it now; another object after `reopen`. */
  readonly log: EventLog;
  /**
   * The next append stores `wholeBatches` of its batches and then dies while it stores the one after them. Nothing
   * but `reopen` is called afterwards.
   */
  cutNextAppend(wholeBatches: number): void;
  /** Ends the process, cleanly or as the cut left it, and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A record that says which one it is. */
export function fact(partition: number, n: number): Fact {
  return {
    id: `claim-${partition}-${n}`,
    type: 'partition_claimed',
    version: 1,
    at: 1_700_000_000_000 + n,
    partition,
    body: { claimId: `claim ${n} – ü€😀`, owner: 'conformance' },
  };
}

/** `count` records from number `first` on. */
export function facts(partition: number, first: number, count: number): readonly Fact[] {
  return Array.from({ length: count }, (_, i) => fact(partition, first + i));
}

export function batch(partition: number, first: number, count: number) {
  return { topic: TOPIC, partition, records: facts(partition, first, count) } as const;
}

/** Appends `count` records one by one, so that they are batches of their own. */
export async function appendEach(log: EventLog, partition: number, first: number, count: number): Promise<void> {
  for (let n = first; n < first + count; n++) await log.append([batch(partition, n, 1)]);
}

/** Everything the partition holds, in reads of at most `maxRecords`. */
export async function readAll(log: EventLog, partition: number, maxRecords = 1000): Promise<readonly Fact[]> {
  const { begin, end } = await log.bounds(TOPIC, partition);
  const found: Fact[] = [];
  for (let from = begin; from < end; ) {
    const records = await log.read(TOPIC, partition, from, maxRecords);
    if (records.length === 0) throw new Error(`nothing at ${from} although the end is ${end}`);
    for (const { record } of records) found.push(record);
    from += records.length;
  }
  return found;
}

/** A member that writes down what happens to it, and can be told to dawdle or fail. */
export class RecordingHandler implements PartitionHandler<Events> {
  /** `assigned 0`, `batch 0`, `done 0`, `revoked 0`, `failed 0`, in their order. */
  readonly events: string[] = [];
  readonly seen = new Map<number, StoredRecord<Events>[]>();
  readonly failures = new Map<number, unknown>();
  /** Runs within each batch, after it is written down. */
  onBatch: (partition: number, records: readonly StoredRecord<Events>[]) => Promise<void> = async () => {};
  private readonly conditions = new Set<() => void>();

  constructor(private readonly startOf: (partition: number) => Promise<number> = async () => 0) {}

  async assigned(partition: number): Promise<number> {
    this.note(`assigned ${partition}`);
    return this.startOf(partition);
  }

  async batch(partition: number, records: readonly StoredRecord<Events>[]): Promise<void> {
    this.seen.set(partition, [...(this.seen.get(partition) ?? []), ...records]);
    this.note(`batch ${partition}`);
    await this.onBatch(partition, records);
    this.note(`done ${partition}`);
  }

  async revoked(partition: number): Promise<void> {
    this.note(`revoked ${partition}`);
  }

  failed(partition: number, error: unknown): void {
    this.failures.set(partition, error);
    this.note(`failed ${partition}`);
  }

  consumer(group: string, partitions?: readonly number[]): AnyConsumer & { readonly topic: Events } {
    return { group, topic: TOPIC, handler: this, ...(partitions ? { partitions } : {}) };
  }

  records(partition: number): readonly RecordOf<Events>[] {
    return (this.seen.get(partition) ?? []).map(({ record }) => record);
  }

  has(event: string): boolean {
    return this.events.includes(event);
  }

  /** Partitions assigned and not revoked since. */
  held(): readonly number[] {
    const held = new Set<number>();
    for (const event of this.events) {
      const [what, partition] = event.split(' ');
      if (what === 'assigned') held.add(Number(partition));
      if (what === 'revoked') held.delete(Number(partition));
    }
    return [...held].sort((a, b) => a - b);
  }

  /** Resolves when `condition` holds; it is looked at after everything that happens here. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.conditions.delete(check);
        resolve();
      };
      this.conditions.add(check);
    });
  }

  private note(event: string): void {
    this.events.push(event);
    for (const check of [...this.conditions]) check();
  }
}

/** A door that stays shut until it is opened. */
export class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
