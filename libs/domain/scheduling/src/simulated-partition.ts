/** One partition of a scheduler that crashes and comes back from its checkpoint, for simulations. */
import { derivedId, type Fact } from '@penstock/events';
import {
  type DeliveryRow,
  type PartitionRow,
  restoreDelivery,
  restorePartition,
  takeCheckpoint,
} from './checkpoint.ts';
import { evolve } from './evolve.ts';
import { createPartitionState, type PartitionState } from './partition-state.ts';
import { START } from './specification.ts';
import { TokenPurse } from './token-purse.ts';

/** One partition with its log since the last checkpoint, and what that holds. */
export class SimulatedPartition {
  state: PartitionState;
  purse = new TokenPurse();
  wakeAt = Number.POSITIVE_INFINITY;
  wakes = 0;
  /** The next proposal dies with the scheduler. */
  dies = false;
  /** Recorded in a moment. */
  outcomes: Fact[] = [];
  private tail: Fact[] = [];
  private rows = new Map<string, DeliveryRow>();
  private row: PartitionRow;

  constructor(
    readonly index: number,
    private readonly count: number,
  ) {
    this.state = createPartitionState(index, count);
    this.row = takeCheckpoint(this.state).partition;
    this.claim(START);
  }

  append(...records: readonly Fact[]): void {
    for (const record of records) {
      evolve(this.state, this.state.position, record);
      this.tail.push(record);
    }
  }

  checkpoint(): void {
    const { partition, puts, deletes } = takeCheckpoint(this.state);
    for (const row of puts) this.rows.set(row.accepted.id, { ...row, progress: { ...row.progress } });
    for (const id of deletes) this.rows.delete(id);
    this.row = partition;
    this.tail = [];
  }

  /** All that was in memory is gone. */
  crash(at: number): void {
    this.state = restorePartition(this.index, this.count, this.row, []);
    for (const row of this.rows.values()) restoreDelivery(this.state, row);
    for (const record of this.tail) evolve(this.state, this.state.position, record);
    this.purse = new TokenPurse();
    this.claim(at);
  }

  private claim(at: number): void {
    const claimId = `claim-${this.index}-${at}`;
    const id = derivedId(claimId);
    this.append({
      id,
      type: 'partition_claimed',
      version: 1,
      at,
      partition: this.index,
      body: { claimId, owner: 'm' },
    });
  }
}
