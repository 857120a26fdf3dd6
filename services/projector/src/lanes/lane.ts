import type { HoldReason, TrafficClass } from '@penstock/events';
import type { Hold, PendingDelivery, Route } from '../deliveries/pending-delivery.ts';
import { DueHeap } from './due-heap.ts';
import type { LaneName, LaneRow, LastHold, LastRemote } from './lane-row.ts';

/** The deliveries of one (pool, domain, class) that have not ended, in one partition. */
export class Lane implements LaneName {
  readonly pool: string;
  readonly domain: string;
  readonly class: TrafficClass;
  private site: string | undefined;
  private provider: string | undefined;
  private lastHold: LastHold | undefined;
  private lastRemote: LastRemote | undefined;
  private open = 0;
  private held = 0;
  private readonly heldBy = new Map<HoldReason, number>();
  /** In the order of acceptance. */
  private readonly members = new Set<PendingDelivery>();
  private readonly due = new DueHeap<PendingDelivery>();

  constructor(
    name: LaneName,
    /** Of its row. */
    readonly key: string,
  ) {
    this.pool = name.pool;
    this.domain = name.domain;
    this.class = name.class;
  }

  get empty(): boolean {
    return this.members.size === 0;
  }

  /** What the stored row knows beyond what the deliveries tell. */
  restore(row: LaneRow): void {
    this.site = row.site;
    this.provider = row.provider;
    this.lastHold = row.lastHold;
    this.lastRemote = row.lastRemote;
  }

  enter(delivery: PendingDelivery): void {
    this.members.add(delivery);
    this.count(delivery, 1);
    if (delivery.waits) this.due.push(delivery);
  }

  leave(delivery: PendingDelivery): void {
    this.count(delivery, -1);
    this.members.delete(delivery);
  }

  /** `change` moves the delivery on within the lane: out to a source, back, or held. */
  move(delivery: PendingDelivery, change: () => void): void {
    const { dueAt, waits } = delivery;
    this.count(delivery, -1);
    change();
    this.count(delivery, 1);
    if (delivery.waits && !(waits && delivery.dueAt === dueAt)) this.due.push(delivery);
  }

  routed(route: Route): void {
    this.site = route.site;
    this.provider = route.provider;
  }

  noticed(hold: LastHold): void {
    this.lastHold = hold;
  }

  answered(remote: LastRemote): void {
    this.lastRemote = remote;
  }

  row(): LaneRow {
    const [oldest] = this.members;
    const nextDueAt = this.due.earliest();
    return {
      waiting: this.members.size - this.open,
      open: this.open,
      held: this.held,
      heldBy: Object.fromEntries(this.heldBy),
      ...(oldest && { oldestAcceptedAt: oldest.acceptedAt }),
      ...(nextDueAt !== undefined && { nextDueAt }),
      ...(this.site !== undefined && { site: this.site }),
      ...(this.provider !== undefined && { provider: this.provider }),
      ...(this.lastHold && { lastHold: this.lastHold }),
      ...(this.lastRemote && { lastRemote: this.lastRemote }),
    };
  }

  private count(delivery: PendingDelivery, by: 1 | -1): void {
    if (delivery.life.open) this.open += by;
    else if (delivery.hold) this.countHold(delivery.hold, by);
  }

  private countHold(hold: Hold, by: 1 | -1): void {
    this.held += by;
    for (const reason of hold.reasons) {
      const count = (this.heldBy.get(reason) ?? 0) + by;
      if (count === 0) this.heldBy.delete(reason);
      else this.heldBy.set(reason, count);
    }
  }
}
