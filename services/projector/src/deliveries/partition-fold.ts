import {
  type ClaimState,
  deliveryFacts,
  type Fact,
  foldClaim,
  type LifecycleFact,
  lifecycle,
  NO_CLAIM,
  type Step,
} from '@penstock/events';
import type { MinuteCounters } from '../counters/minute-counters.ts';
import { metAfter } from '../hours/hour-steps.ts';
import { Lane } from '../lanes/lane.ts';
import { type LaneName, laneKey } from '../lanes/lane-row.ts';
import { EndedDeliveries } from './ended-deliveries.ts';
import { PendingDelivery } from './pending-delivery.ts';
import { countStep } from './step-counts.ts';
import { closedDue, lastHold, lastRemote } from './waits.ts';

type DeliveryFact = Exclude<Fact, { type: 'partition_claimed' }>;

/**
 * The fold of one partition of `mail.events`: which deliveries are on their way and in what state, by `lifecycle`
 * alone. Counts are taken of its transitions, never of records, so a record that comes again changes nothing.
 */
export class PartitionFold {
  claim: ClaimState = NO_CLAIM;
  readonly ended: EndedDeliveries;
  readonly pending = new Map<string, PendingDelivery>();
  readonly lanes = new Map<string, Lane>();
  /** Pending deliveries whose row is not what it was; ended ones whose row is to be deleted. */
  readonly changed = new Set<PendingDelivery>();
  readonly gone: string[] = [];
  /** Lanes whose row is not what it was, by key of the row: the row of an empty one goes. */
  readonly changedLanes = new Map<string, Lane>();
  /** About deliveries never seen accepted, or ended so long ago that they are forgotten. */
  unknownFacts = 0;
  /** Time of the latest of them, ms since the epoch: counts of later facts lack nothing. */
  unknownUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly partition: number,
    private readonly counters: MinuteCounters,
  ) {
    this.ended = new EndedDeliveries(partition);
  }

  /** `counted`: whether its counts are already in the store, so that only the state is to be caught up. */
  apply(offset: number, record: Fact, counted: boolean): void {
    if (record.type === 'partition_claimed') {
      this.claim = foldClaim(this.claim, record, offset);
      return;
    }
    const facts = deliveryFacts(record);
    for (let index = 0; index < facts.length; index++) {
      const entry = facts[index];
      if (entry) this.step(offset, record, index, entry.deliveryId, entry.fact, counted);
    }
  }

  laneNamed(name: LaneName): Lane {
    const known = this.lanes.get(laneName(name));
    if (known) return known;
    const lane = new Lane(name, laneKey(name, this.partition));
    this.lanes.set(laneName(name), lane);
    return lane;
  }

  private step(
    offset: number,
    record: DeliveryFact,
    index: number,
    deliveryId: string,
    fact: LifecycleFact,
    counted: boolean,
  ): void {
    const delivery = this.pending.get(deliveryId);
    const before = delivery?.life ?? this.ended.state(deliveryId);
    const step = lifecycle(before, fact, this.claim.epoch);
    if (this.isNothing(deliveryId, step, record, delivery)) return;
    if (!counted) countStep(this.counters, step, before, record, delivery);
    if (record.type === 'processed' && !counted) this.counters.tally?.accept(record.body);
    if (record.type === 'processed') this.accept(offset, record, deliveryId);
    else if (delivery) this.advance(delivery, step, record, index);
  }

  /** What `lifecycle` finds to be nothing, and what it cannot know: that a notice or a late fact was seen before. */
  private isNothing(deliveryId: string, step: Step, record: Fact, delivery: PendingDelivery | undefined): boolean {
    switch (step.transition) {
      case 'repeat':
      case 'stale':
        return true;
      case 'unknown':
        this.unknownFacts++;
        if (record.at > this.unknownUntil) this.unknownUntil = record.at;
        return true;
      case 'late':
        return delivery !== undefined || !this.ended.firstLate(deliveryId, record.id);
      case 'noted':
        return delivery?.lastHoldId === record.id;
      default:
        return false;
    }
  }

  private accept(offset: number, { body }: Extract<Fact, { type: 'processed' }>, deliveryId: string): void {
    const lane = this.laneNamed(body);
    const dueAt = Math.max(body.acceptedAt, body.sendAt ?? 0);
    const delivery = new PendingDelivery(deliveryId, lane, offset, body.acceptedAt, dueAt);
    this.pending.set(deliveryId, delivery);
    lane.enter(delivery);
    this.touch(delivery);
  }

  private advance(delivery: PendingDelivery, step: Step, record: DeliveryFact, index: number): void {
    const { state } = step;
    if (!state) return;
    const { lane } = delivery;
    if (step.transition === 'ended') {
      lane.leave(delivery);
      delivery.life = state;
      this.end(delivery, record.id);
      return;
    }
    lane.move(delivery, () => {
      delivery.life = state;
      delivery.met = metAfter(delivery, record);
      this.change(delivery, record, index);
    });
    this.touch(delivery);
  }

  private change(delivery: PendingDelivery, record: DeliveryFact, index: number): void {
    const { lane } = delivery;
    if (record.type === 'released') {
      const { deliveries, unknownRetryMs, source, site, provider, path, warming } = record.body;
      delivery.route = { source, site, path, ...(provider !== undefined && { provider }), ...(warming && { warming }) };
      delivery.retryMs = deliveries[index]?.retryMs ?? 0;
      delivery.unknownRetryMs = unknownRetryMs;
      delivery.hold = undefined;
      lane.routed(delivery.route);
    } else if (record.type === 'deferred' && record.body.cause === 'held') {
      delivery.hold = { factId: record.id, reasons: record.body.reasons };
      delivery.lastHoldId = record.id;
      lane.noticed(lastHold(record.at, record.body));
    } else {
      delivery.dueAt = closedDue(delivery, record);
      const remote = lastRemote(delivery, record);
      if (remote) lane.answered(remote);
    }
  }

  private end(delivery: PendingDelivery, factId: string): void {
    const { deliveryId } = delivery;
    this.pending.delete(deliveryId);
    this.changed.delete(delivery);
    if (delivery.stored) this.gone.push(deliveryId);
    this.ended.add(deliveryId, factId);
    this.changedLanes.set(delivery.lane.key, delivery.lane);
    // At once, not when the row is written: what a lane remembers must not depend on when that is.
    if (delivery.lane.empty) this.lanes.delete(laneName(delivery.lane));
  }

  private touch(delivery: PendingDelivery): void {
    this.changed.add(delivery);
    this.changedLanes.set(delivery.lane.key, delivery.lane);
  }
}

function laneName(name: LaneName): string {
  return `${name.pool}|${name.domain}|${name.class}`;
}
