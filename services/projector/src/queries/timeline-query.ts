import { parseDeliveryId, type TrafficClass } from '@penstock/events';
import type { Archive } from '@penstock/ports';
import type { ArchivedFact } from '../archive/archive-entries.ts';
import type { PartitionClaims } from '../archive/partition-claims.ts';
import { type Answer, badId, found, notYetKnown, unknown } from './answers.ts';
import { type DeliveryHistory, type DeliveryStatus, judge, MAX_FACTS, readFacts } from './delivery-history.ts';
import { type FactView, factView } from './fact-view.ts';
import type { Freshness } from './freshness.ts';

/** One delivery: where it is, and every fact about it in order. */
export interface Timeline {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly tenant: string;
  /** W3C trace context that its records carry. */
  readonly traceparent?: string;
  readonly status: DeliveryStatus;
  readonly domain?: string;
  readonly pool?: string;
  readonly class?: TrafficClass;
  readonly acceptedAt?: number;
  /** Attempts that cost one. */
  readonly attempts: number;
  readonly releases: number;
  /** While it waits: not tried before this time. */
  readonly nextAttemptAt?: number;
  /** How often it was reported delivered after its end. */
  readonly duplicates: number;
  readonly facts: readonly FactView[];
  /** There are more facts than are shown. */
  readonly truncated?: true;
}

/** Timelines from the archive, a tenant's own only. */
export class TimelineQuery {
  constructor(
    private readonly archive: Archive,
    private readonly claims: PartitionClaims,
    private readonly freshness: Freshness,
    private readonly partitionCount: () => number,
  ) {}

  async timeline(tenant: string, deliveryId: string): Promise<Answer<Timeline>> {
    const answer = await this.history(tenant, deliveryId);
    return answer.kind === 'found' ? found(timeline(tenant, deliveryId, answer.value)) : answer;
  }

  /** The facts of the tenant's delivery, judged. */
  async history(tenant: string, deliveryId: string): Promise<Answer<DeliveryHistory>> {
    const parts = parseDeliveryId(deliveryId);
    if (!parts) return badId('deliveryId', 'a delivery id is messageId.index.partition, such as Zp3kX9.0.2');
    if (parts.partition >= this.partitionCount()) return unknown('delivery');
    let facts = await readFacts(this.archive, deliveryId);
    if (facts.length === 0) {
      if (!(await this.freshness.ofPartition(parts.partition))) return notYetKnown('delivery');
      facts = await readFacts(this.archive, deliveryId);
    }
    if (!belongsTo(tenant, facts)) return unknown('delivery');
    await this.claims.refresh(parts.partition);
    return found(judge(facts, this.claims));
  }
}

/** Whose mail it is stands in the first fact of every delivery. */
function belongsTo(tenant: string, facts: readonly ArchivedFact[]): boolean {
  return facts.find((fact) => fact.type === 'processed')?.tenant === tenant;
}

function timeline(tenant: string, deliveryId: string, history: DeliveryHistory): Timeline {
  const { facts, status, state, dueAt, duplicates } = history;
  const processed = facts.map(({ fact }) => fact).find((fact) => fact.type === 'processed');
  const { domain, pool, class: trafficClass, acceptedAt } = processed?.body ?? {};
  return {
    deliveryId,
    messageId: parseDeliveryId(deliveryId)?.messageId ?? '',
    tenant,
    ...(processed?.traceparent !== undefined && { traceparent: processed.traceparent }),
    status,
    ...(domain !== undefined && { domain }),
    ...(pool !== undefined && { pool }),
    ...(trafficClass !== undefined && { class: trafficClass }),
    ...(acceptedAt !== undefined && { acceptedAt }),
    attempts: state?.attempts ?? 0,
    releases: state?.release ?? 0,
    ...(dueAt !== undefined && { nextAttemptAt: dueAt }),
    duplicates,
    facts: facts.map(factView),
    ...(facts.length >= MAX_FACTS && { truncated: true }),
  };
}
