import { deliveryFacts, type LifecycleState, lifecycle, type Transition } from '@penstock/events';
import type { Archive } from '@penstock/ports';
import type { ArchivedFact } from '../archive/archive-entries.ts';
import type { PartitionClaims } from '../archive/partition-claims.ts';
import { closedDue } from '../deliveries/waits.ts';

export type DeliveryStatus = 'waiting' | 'held' | 'open' | 'delivered' | 'bounced' | 'dropped';

export const DELIVERY_STATUSES: readonly DeliveryStatus[] = [
  'waiting',
  'held',
  'open',
  'delivered',
  'bounced',
  'dropped',
];

/** A fact and what it changed for its delivery. */
export interface JudgedFact {
  readonly fact: ArchivedFact;
  readonly transition: Transition;
  /** Where it closed an attempt: when the delivery might be tried again, ms since the epoch. */
  readonly dueAt?: number;
}

/** The facts of one delivery in their order, and where they have brought it. */
export interface DeliveryHistory {
  readonly facts: readonly JudgedFact[];
  readonly status: DeliveryStatus;
  readonly state: LifecycleState | undefined;
  /** While it waits: not tried before this time, ms since the epoch. */
  readonly dueAt?: number;
  /** How often it was reported delivered after its end. */
  readonly duplicates: number;
}

/** Three days of retries and hourly notices make some two hundred facts; a stream longer than this is cut. */
export const MAX_FACTS = 5_000;
const PAGE = 500;

/** The archived facts of a delivery; empty for an unknown one. */
export async function readFacts(archive: Archive, deliveryId: string): Promise<readonly ArchivedFact[]> {
  const facts: ArchivedFact[] = [];
  while (facts.length < MAX_FACTS) {
    const page = await archive.read(deliveryId, facts.length, PAGE);
    // The archive's sink is the only writer of a delivery's stream.
    for (const { data } of page) facts.push(data as ArchivedFact);
    if (page.length < PAGE) break;
  }
  return facts;
}

/** Judges the facts by the one fold that says what counts. */
export function judge(facts: readonly ArchivedFact[], claims: Pick<PartitionClaims, 'epochAt'>): DeliveryHistory {
  const fold = new HistoryFold();
  const judged = facts.map((fact) => fold.step(fact, claims.epochAt(fact.partition, fact.offset)));
  const { state, status, duplicates } = fold;
  const dueAt = status === 'waiting' || status === 'held' ? fold.dueAt : undefined;
  return { facts: judged, status, state, duplicates, ...(dueAt !== undefined && { dueAt }) };
}

class HistoryFold {
  state: LifecycleState | undefined;
  dueAt: number | undefined;
  duplicates = 0;
  private held = false;
  private waits = { retryMs: 0, unknownRetryMs: 0 };

  get status(): DeliveryStatus {
    if (this.state?.terminal) return this.state.terminal.type;
    if (this.state?.open) return 'open';
    return this.held ? 'held' : 'waiting';
  }

  step(fact: ArchivedFact, epoch: number | undefined): JudgedFact {
    const own = deliveryFacts(fact)[0];
    if (!own) return { fact, transition: 'unknown' };
    const { transition, state } = lifecycle(this.state, own.fact, epoch);
    this.state = state;
    this.follow(fact, transition);
    return { fact, transition, ...(transition === 'closed' && { dueAt: this.dueAt }) };
  }

  private follow(fact: ArchivedFact, transition: Transition): void {
    if (transition === 'noted') this.held = true;
    if (transition === 'late' && fact.type === 'delivered') this.duplicates++;
    if (transition === 'opened' && fact.type === 'released') {
      this.held = false;
      this.waits = {
        retryMs: fact.body.deliveries[0]?.retryMs ?? 0,
        unknownRetryMs: fact.body.unknownRetryMs,
      };
    }
    if (transition === 'closed') this.dueAt = closedDue(this.waits, fact);
    if (fact.type === 'processed') this.dueAt = Math.max(fact.body.acceptedAt, fact.body.sendAt ?? 0);
  }
}
