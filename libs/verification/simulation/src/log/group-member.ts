import type { Topic } from '@penstock/events';
import type { Consumer, EventLog, Membership, PartitionHandler, StoredRecord } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { SeededRandom } from '../time/seeded-random.ts';

/** A membership that its group can end without the member's knowledge. */
export interface Abandonable extends Membership {
  abandon(): void;
}

/** A member asks its group as often as this whether it is still one, ms. */
const HEARTBEAT_MS = 3_000;
const READ_AGAIN_MS = 100;
const MOST_RECORDS = 50;

interface Holding {
  /** The offset that the next batch begins at; undefined until the handler has said where to begin. */
  next: number | undefined;
  /** Settles when the handler has returned from its last call. */
  busy: Promise<unknown>;
}

/**
 * A member of a group that others share. When the group takes it for dead its partitions go to others at once; it
 * does not know, and goes on reading and handing over batches of them, until a heartbeat tells it: then it gives them
 * up, and joins anew.
 */
export class GroupMember<T extends Topic> implements Membership {
  private readonly holdings = new Map<number, Holding>();
  private readonly random: SeededRandom;
  private membership: Abandonable | undefined;
  private learning = false;
  private state: 'member' | 'expelled' | 'left' = 'member';
  /** Joins and leaves, one after the other. */
  private changed: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: Pick<EventLog, 'read'>,
    private readonly process: SimulatedProcess,
    private readonly consumer: Consumer<T>,
    private readonly enter: (consumer: Consumer<T>) => Promise<Abandonable>,
    private readonly faults: FaultPlan,
  ) {
    this.random = process.simulation.random(`member ${process.label}`);
    process.onExpelled(() => this.expel());
    process.onWake(() => this.learn());
  }

  join(): Promise<void> {
    return this.change(() => this.enterGroup());
  }

  leave(): Promise<void> {
    this.state = 'left';
    return this.change(async () => {
      const { membership } = this;
      this.membership = undefined;
      await (membership ? membership.leave() : this.giveUp());
    });
  }

  private async enterGroup(): Promise<void> {
    if (this.state === 'left') return;
    this.membership = await this.enter({ ...this.consumer, handler: this.tracked() });
    if (this.state === 'expelled') this.state = 'member';
  }

  private change(step: () => Promise<void>): Promise<void> {
    this.changed = this.changed.then(step);
    return this.changed;
  }

  private expel(): void {
    if (this.state !== 'member' || !this.membership) return;
    this.state = 'expelled';
    this.membership.abandon();
    this.membership = undefined;
    if (!this.process.isPaused) this.learn();
    for (const [partition, holding] of this.holdings) this.goOn(partition, holding);
  }

  /** With its next heartbeat it hears that it is a member no more. */
  private learn(): void {
    if (this.state !== 'expelled' || this.learning) return;
    this.learning = true;
    this.process.timers.after(this.random.between(1, HEARTBEAT_MS), () => {
      void this.change(async () => {
        await this.giveUp();
        await this.enterGroup();
        this.learning = false;
      });
    });
  }

  private async giveUp(): Promise<void> {
    const { handler } = this.consumer;
    const held = [...this.holdings];
    this.holdings.clear();
    for (const [partition, { busy, next }] of held) {
      await busy;
      if (next !== undefined) await handler.revoked(partition);
    }
  }

  /** What a member does that does not know better. */
  private async readOn(partition: number, holding: Holding): Promise<void> {
    const { topic } = this.consumer;
    const isHeld = () => this.state === 'expelled' && this.holdings.get(partition) === holding;
    await holding.busy;
    while (isHeld() && holding.next !== undefined) {
      const records = await this.log.read(topic, partition, holding.next, this.random.between(1, MOST_RECORDS));
      if (!isHeld()) return;
      if (records.length === 0) await this.process.timers.sleep(READ_AGAIN_MS);
      else await this.hand(partition, holding, records);
    }
  }

  private goOn(partition: number, holding: Holding): void {
    this.readOn(partition, holding).catch((error: unknown) => this.consumer.handler.failed(partition, error));
  }

  private hand(partition: number, holding: Holding, records: readonly StoredRecord<T>[]): Promise<void> {
    if (this.faults.happens('rebalance_mid_batch')) {
      // Not within its own call: the handler has begun by then.
      this.process.simulation.after(0, `${this.process.label} is missed while it handles a batch`, () =>
        this.process.expel(),
      );
    }
    const handed = this.consumer.handler.batch(partition, records).then(() => {
      holding.next = (holding.next ?? 0) + records.length;
    });
    holding.busy = handed.catch(() => {});
    return handed;
  }

  private tracked(): PartitionHandler<T> {
    const { handler } = this.consumer;
    return {
      assigned: (partition) => {
        const assigning = handler.assigned(partition);
        const holding: Holding = { next: undefined, busy: Promise.resolve() };
        holding.busy = assigning.then(
          (next) => {
            holding.next = next;
          },
          () => {},
        );
        this.holdings.set(partition, holding);
        return assigning;
      },
      batch: (partition, records) => {
        const holding = this.holdings.get(partition);
        return holding ? this.hand(partition, holding, records) : handler.batch(partition, records);
      },
      revoked: (partition) => {
        this.holdings.delete(partition);
        return handler.revoked(partition);
      },
      failed: (partition, error) => handler.failed(partition, error),
    };
  }
}
