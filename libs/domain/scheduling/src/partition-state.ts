/** The fold of one partition of `mail.events`, as far as sending needs it. */
import { type ClaimState, NO_CLAIM } from '@penstock/events';
import { Agenda } from './agenda.ts';
import type { AcceptedDelivery } from './delivery.ts';
import { Delivery } from './delivery.ts';
import { Heap, withdrawNode } from './heap.ts';
import { Lane, type LaneKey, withdraw } from './lane.ts';
import type { PathLoad } from './path-load.ts';
import { Tombstones } from './tombstones.ts';

/** Lanes without a delivery that are kept, since mail for the same domain mostly follows: making one is dear. */
const EMPTY_LANES = 256;

/** Mutable, for speed: whoever folds a partition owns its state, and only `evolve` and `decide` touch it. */
export class PartitionState {
  /** Next offset to be folded. */
  position = 0;
  claim: ClaimState = NO_CLAIM;
  /** Largest `at` among valid decisions, whose writers' clocks are steady; ms since the epoch. */
  logAt = 0;
  readonly deliveries = new Map<string, Delivery>();
  readonly lanes = new Map<string, Lane>();
  private readonly emptyLanes = new Map<string, Lane>();
  readonly tombstones = new Tombstones();
  /** Waiting deliveries by `send_at`, which is the order in which `max_age` ends. */
  readonly expiry = new Heap<Delivery>();
  /** Open attempts by `startBy`. */
  readonly deadlines = new Heap<Delivery>();
  /** Waiting after `outcome_unknown`, not yet judged by `decide`. */
  unsure: Delivery[] = [];
  /** Attempts opened since the last `takeOpened`. */
  private opened: Delivery[] = [];
  /** Changed since the last checkpoint. */
  dirty: Delivery[] = [];
  readonly agenda = new Agenda();
  private laneCount = 0;

  constructor(
    readonly partition: number,
    readonly partitionCount: number,
  ) {}

  accept(accepted: AcceptedDelivery, dueAt: number): Delivery {
    const delivery = new Delivery(accepted, this.laneOf(accepted), dueAt);
    this.deliveries.set(accepted.id, delivery);
    delivery.lane.deliveries += 1;
    return delivery;
  }

  /** The delivery waits: it stands in its lane and among the ends of `max_age`. Harmless if it already does. */
  enter(delivery: Delivery): void {
    delivery.lane.enter(delivery);
    if (!delivery.clockNode.heap) this.expiry.push(delivery.clockNode, delivery.accepted.sendAt);
    this.agenda.enter(delivery.lane, delivery);
  }

  /** An attempt is open: the delivery stands among the deadlines and in the load of its path. */
  leave(delivery: Delivery, path: string, startBy: number): void {
    withdraw(delivery);
    this.deadlines.push(delivery.clockNode, startBy);
    const load = this.agenda.load(path);
    load.open += 1;
    delivery.load = load;
  }

  /** The open attempt is no more; answers the load it stood in. */
  close(delivery: Delivery): PathLoad | undefined {
    const { load } = delivery;
    withdrawNode(delivery.clockNode);
    delivery.open = undefined;
    delivery.load = undefined;
    if (!load) return undefined;
    load.open -= 1;
    this.agenda.free(load);
    return load;
  }

  forget(delivery: Delivery): void {
    this.close(delivery);
    withdraw(delivery);
    delivery.gone = true;
    this.deliveries.delete(delivery.id);
    this.tombstones.add(delivery.accepted, this.logAt);
    const { lane } = delivery;
    lane.deliveries -= 1;
    if (lane.deliveries > 0) {
      // It waits on its paths with nothing any more.
      if (lane.parkedOn.length + lane.seats.length > 0 && lane.waiting === 0) this.agenda.wake(lane);
      return;
    }
    this.agenda.drop(lane);
    this.lanes.delete(lane.name);
    lane.reset();
    if (this.emptyLanes.size >= EMPTY_LANES) this.emptyLanes.clear();
    this.emptyLanes.set(lane.name, lane);
  }

  changed(delivery: Delivery): void {
    if (delivery.dirty) return;
    delivery.dirty = true;
    this.dirty.push(delivery);
  }

  remark(delivery: Delivery): void {
    this.opened.push(delivery);
  }

  /** Deliveries whose attempt opened since the last call and is still open: their commands must go out. */
  takeOpened(): readonly Delivery[] {
    const { opened } = this;
    this.opened = [];
    return opened.filter((delivery) => delivery.open !== undefined);
  }

  /** Every delivery with an open attempt. */
  openDeliveries(): readonly Delivery[] {
    return Array.from(this.deadlines.values(), (node) => node.item);
  }

  private laneOf(accepted: AcceptedDelivery): Lane {
    const name = laneName(accepted);
    return this.lanes.get(name) ?? this.openLane(name, accepted);
  }

  private openLane(name: string, { pool, domain, class: trafficClass }: LaneKey): Lane {
    const empty = this.emptyLanes.get(name);
    if (empty) this.emptyLanes.delete(name);
    const lane = empty ?? new Lane({ pool, domain, class: trafficClass }, name, this.laneCount++);
    this.lanes.set(name, lane);
    return lane;
  }
}

function laneName(key: LaneKey): string {
  return `${key.pool}|${key.class}|${key.domain}`;
}

export function createPartitionState(partition: number, partitionCount: number): PartitionState {
  return new PartitionState(partition, partitionCount);
}
