/** A proposal in the making: what it is made under, and what stands in it so far. */
import {
  batchId,
  type Decision,
  type Delivered,
  type DropCause,
  type Dropped,
  type Fact,
  type OutcomeUnknown,
  type Released,
  type ReleasedDelivery,
  type SuppressionReason,
  type TrafficClass,
} from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { ControlState } from './control-state.ts';
import type { Now } from './decide.ts';
import type { Delivery } from './delivery.ts';
import { assumedId, dropId, noOutcomeId } from './fact-ids.ts';
import type { Grants, Want } from './grants.ts';
import { withdraw } from './lane.ts';
import type { PartitionState } from './partition-state.ts';
import { UsedTokens } from './path-tokens.ts';
import { readClocks } from './two-clocks.ts';

/** Releases that one call proposes at most; the next follows when these are read back. */
export const RELEASES_PER_DECISION = 1000;

/** Ends and lost outcomes that one call proposes at most. */
export const DEADLINES_PER_DECISION = 1000;

export interface BatchKey {
  readonly source: string;
  readonly site: string;
  readonly provider: string | undefined;
  readonly path: string;
  readonly pool: string;
  readonly class: TrafficClass;
  readonly startBy: number;
  /** The source is in warm-up. */
  readonly warming: boolean;
}

interface Batch {
  readonly key: BatchKey;
  readonly decision: Decision;
  readonly deliveries: ReleasedDelivery[];
}

export class Draft {
  releasesLeft = RELEASES_PER_DECISION;
  deadlinesLeft = DEADLINES_PER_DECISION;
  awaitsLogTime = false;
  readonly usedTokens = new UsedTokens();
  readonly wants: Want[] = [];
  /** Budgets that these ask tokens of. */
  readonly wantedKeys = new Set<string>();
  /** Budgets in whose queues nobody of ours waits any more. */
  readonly leaves: string[] = [];
  private readonly facts: Fact[] = [];
  private readonly batches = new Map<string, Batch>();
  /** The batch the last release went to, where the next mostly goes too. */
  private last: Batch | undefined;
  private wake = Number.POSITIVE_INFINITY;

  constructor(
    readonly state: PartitionState,
    readonly control: ControlState,
    readonly policy: Policy,
    readonly now: Now,
    readonly grants: Grants,
    private readonly epoch: number,
    private readonly claimId: string,
  ) {}

  get nowMs(): number {
    return this.now.nowMs;
  }

  /** How much this proposal may still hold; falls with whatever is put into it. */
  get left(): number {
    return this.releasesLeft + this.deadlinesLeft;
  }

  expiresAt(delivery: Delivery): number {
    return delivery.accepted.sendAt + this.policy.retry.maxAgeMs;
  }

  /** Asks to be called again at `at`, or at once if that has passed. */
  askAt(at: number): void {
    this.wake = Math.min(this.wake, Math.max(at, this.nowMs));
  }

  wakeAt(): number | undefined {
    return Number.isFinite(this.wake) ? this.wake : undefined;
  }

  release(key: BatchKey, entry: ReleasedDelivery, decision: () => Decision): void {
    const batch = this.last && sameBatch(this.last.key, key) ? this.last : this.batchOf(key, decision);
    this.last = batch;
    batch.deliveries.push(entry);
    this.releasesLeft -= 1;
  }

  want(want: Want): void {
    this.wants.push(want);
    for (const { key } of want.budgets) this.wantedKeys.add(key);
  }

  drop(delivery: Delivery, cause: DropCause, suppression?: SuppressionReason): void {
    const { heldMs, remoteMs } = readClocks(delivery, this.nowMs);
    const { lastReply, lastVerdict, life, lane, notice } = delivery;
    const lastHold = lane.hold?.reasons ?? notice?.reasons;
    const body: Dropped['body'] = {
      cause,
      attempts: life.attempts,
      heldMs: Math.round(heldMs),
      remoteMs: Math.round(remoteMs),
      ...(lastReply === undefined ? {} : { lastReply }),
      ...(lastVerdict === undefined ? {} : { lastVerdict }),
      ...(lastHold === undefined ? {} : { lastHold }),
      ...(suppression === undefined ? {} : { suppression }),
    };
    this.conclude(delivery, { ...this.about(delivery), type: 'dropped', id: dropId(delivery, cause), body });
  }

  /** Nothing came back from the attempt. */
  noOutcome(delivery: Delivery): void {
    const { open } = delivery;
    if (!open) return;
    const { source, site, provider, attempt, mayDuplicate } = open;
    const body: OutcomeUnknown['body'] = {
      cause: 'no_outcome',
      attempt,
      source,
      site,
      ...(provider === undefined ? {} : { provider }),
      ...(mayDuplicate ? { mayDuplicate } : {}),
    };
    this.conclude(delivery, { ...this.about(delivery), type: 'outcome_unknown', id: noOutcomeId(delivery), body });
  }

  /**
   * The policy says to believe that a message whose final dot was sent arrived. The fact says that we assume it:
   * no reply, disposition unknown, confidence 0.
   */
  assumeDelivered(delivery: Delivery): void {
    const body: Delivered['body'] = {
      attempt: delivery.life.attempts,
      source: delivery.lastSource ?? '',
      site: delivery.lastSite ?? delivery.lane.key.domain,
      ...(delivery.lastProvider === undefined ? {} : { provider: delivery.lastProvider }),
      phase: 'final_dot',
      scope: 'message',
      verdict: { cause: 'assumed_delivered', scope: 'message', disposition: 'unknown', confidence: 0 },
      timings: {},
    };
    this.conclude(delivery, { ...this.about(delivery), type: 'delivered', id: assumedId(delivery), body });
  }

  /** Any fact about a delivery that keeps its place. */
  note(fact: Fact): void {
    this.facts.push(fact);
  }

  /** The envelope of a fact about one delivery. */
  about({ id, accepted, life }: Delivery) {
    return {
      version: 1 as const,
      at: this.nowMs,
      partition: this.state.partition,
      deliveryId: id,
      messageId: accepted.messageId,
      tenant: accepted.tenant,
      release: life.release,
      epoch: this.epoch,
      ...(accepted.traceparent === undefined ? {} : { traceparent: accepted.traceparent }),
    };
  }

  /** All of it, once. */
  records(): readonly Fact[] {
    for (const batch of this.batches.values()) this.facts.push(this.released(batch));
    this.batches.clear();
    return this.facts;
  }

  private batchOf(key: BatchKey, decision: () => Decision): Batch {
    const name = `${key.path}|${key.site}|${key.pool}|${key.class}|${key.startBy}`;
    let batch = this.batches.get(name);
    if (!batch) {
      batch = { key, decision: decision(), deliveries: [] };
      this.batches.set(name, batch);
    }
    return batch;
  }

  private conclude(delivery: Delivery, fact: Fact): void {
    withdraw(delivery);
    this.state.agenda.propose(delivery);
    this.facts.push(fact);
    this.deadlinesLeft -= 1;
  }

  private released({ key, decision, deliveries }: Batch): Released {
    const { source, site, provider, path, pool, startBy } = key;
    const { partition, agenda } = this.state;
    return {
      id: batchId(partition, this.claimId, agenda.sequence++),
      type: 'released',
      version: 1,
      at: this.nowMs,
      partition,
      epoch: this.epoch,
      body: {
        source,
        site,
        ...(provider === undefined ? {} : { provider }),
        path,
        pool,
        class: key.class,
        deliveries,
        startBy,
        unknownRetryMs: this.policy.retry.unknownRetryMs,
        decision,
        policyVersion: this.policy.version,
        controlOffset: this.control.offset,
        ...(key.warming ? { warming: true as const } : {}),
      },
    };
  }
}

function sameBatch(a: BatchKey, b: BatchKey): boolean {
  return a.path === b.path && a.site === b.site && a.startBy === b.startBy && a.pool === b.pool && a.class === b.class;
}
