import {
  type ClaimState,
  deliveryFacts,
  type Fact,
  foldClaim,
  type LifecycleState,
  lifecycle,
  NO_CLAIM,
  type Processed,
  type ReleasedDelivery,
} from '@penstock/events';
import { decodeRecipient } from '@penstock/mail';
import type { StoredRecord } from '@penstock/ports';
import type { SimulatedCluster } from '@penstock/simulation';

/** One delivery as the log tells it: the truth that everything else is held against. */
export interface Entry {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly address: string;
  readonly domain: string;
  readonly sendAt: number;
  state: LifecycleState;
  /** Valid releases that say the recipient may already have the message. */
  mayDuplicate: number;
  /** Outcomes after which nobody can know: unknown, or in doubt. */
  doubts: number;
  /** It ended by news of an earlier release while a later one, which says it may repeat, was already out. */
  overtaken: boolean;
  terminal?: Fact;
}

/** Folds `mail.events` as it is written, with the one fold that says what counts. */
export class Ledger {
  readonly deliveries = new Map<string, Entry>();
  readonly byAddress = new Map<string, Entry>();
  pending = 0;
  private readonly claims = new Map<number, ClaimState>();

  constructor(private readonly cluster: SimulatedCluster) {
    cluster.log.onAppend((topic, partition, records) => {
      if (topic !== 'mail.events') return;
      for (const record of records) this.fold(partition, record as StoredRecord<'mail.events'>);
    });
  }

  private fold(partition: number, { offset, record }: StoredRecord<'mail.events'>): void {
    const claim = foldClaim(this.claims.get(partition) ?? NO_CLAIM, record, offset);
    this.claims.set(partition, claim);
    for (const { deliveryId, fact } of deliveryFacts(record)) {
      const before = this.deliveries.get(deliveryId);
      const { transition, state } = lifecycle(before?.state, fact, claim.epoch);
      if (transition === 'accepted' && state) this.accept(record as Processed, deliveryId, state);
      else if (before && state) this.change(before, record, transition, state);
      else throw new Error(`${record.type} about ${deliveryId}, which was never accepted`);
    }
  }

  private accept(record: Processed, deliveryId: string, state: LifecycleState): void {
    const blob = this.cluster.content.bytes(record.body.content.recipient);
    if (!blob || !this.cluster.content.bytes(record.body.content.body)) {
      throw new Error(`${deliveryId} was accepted before its content was stored`);
    }
    const { address } = decodeRecipient(blob);
    if (this.byAddress.has(address)) throw new Error(`${address} has two deliveries: expanded twice`);
    const { messageId = '', body } = record;
    const entry: Entry = {
      deliveryId,
      messageId,
      address,
      domain: body.domain,
      sendAt: body.sendAt,
      state,
      mayDuplicate: 0,
      doubts: 0,
      overtaken: false,
    };
    this.deliveries.set(deliveryId, entry);
    this.byAddress.set(address, entry);
    this.pending += 1;
  }

  private change(entry: Entry, record: Fact, transition: string, state: LifecycleState): void {
    const { open } = entry.state;
    entry.state = state;
    if (transition === 'opened' && releasedOf(record, entry.deliveryId)?.mayDuplicate) entry.mayDuplicate += 1;
    if (transition === 'closed' && isDoubt(record)) entry.doubts += 1;
    if (transition === 'late' && entry.doubts === 0) {
      throw new Error(`${record.type} of ${entry.deliveryId} came after its end, and nothing had been in doubt`);
    }
    if (transition !== 'ended') return;
    if (entry.terminal) throw new Error(`${entry.deliveryId} ended twice: ${entry.terminal.type}, ${record.type}`);
    entry.terminal = record;
    entry.overtaken = open && record.release !== state.release && entry.mayDuplicate > 0;
    this.pending -= 1;
  }
}

function releasedOf(record: Fact, deliveryId: string): ReleasedDelivery | undefined {
  if (record.type !== 'released') return undefined;
  return record.body.deliveries.find((delivery) => delivery.deliveryId === deliveryId);
}

function isDoubt(record: Fact): boolean {
  return record.type === 'outcome_unknown' || (record.type === 'handed_back' && record.body.cause === 'in_doubt');
}
