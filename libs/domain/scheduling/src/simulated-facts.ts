/** What ingest, a dispatcher and a receiver would write, for simulations. */
import type { Deferred, Fact, HandedBack, OutcomeUnknown, Processed } from '@penstock/events';

/** Bulk mail for one recipient. */
export function processedFact(
  messageId: string,
  deliveryId: string,
  partition: number,
  domain: string,
  at: number,
): Processed {
  return {
    id: `${deliveryId} processed`,
    type: 'processed',
    version: 1,
    at,
    partition,
    deliveryId,
    messageId,
    tenant: 'acme',
    body: {
      content: { body: 'b', recipient: 'r' },
      index: 0,
      domain,
      recipientHash: 'h',
      class: 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 1000,
      protocol: 'http',
      expanded: false,
    },
  };
}

export interface Outcome {
  readonly type: 'delivered' | 'deferred' | 'outcome_unknown' | 'handed_back';
  readonly partition: number;
  readonly deliveryId: string;
  readonly release: number;
  readonly source: string;
  readonly attempt: number;
  readonly site: string;
}

export function outcomeFact(
  { type, partition, deliveryId, release, source, attempt, site }: Outcome,
  now: number,
): Fact {
  const at = Math.floor(now);
  const about = { id: `${deliveryId} ${release} ${type}`, version: 1 as const, at, partition, deliveryId, release };
  const verdict = { cause: 'mailbox_full', scope: 'recipient', disposition: 'defer', confidence: 1 } as const;
  const base = { attempt, source, site, phase: 'rcpt', scope: 'recipient', verdict, timings: {} } as const;
  switch (type) {
    case 'delivered':
      return { ...about, type, body: { ...base, verdict: { ...verdict, cause: 'accepted', disposition: 'deliver' } } };
    case 'deferred':
      return { ...about, type, body: { ...base, cause: 'remote' } } satisfies Deferred;
    case 'outcome_unknown':
      return { ...about, type, body: { ...base, cause: 'connection_lost' } } satisfies OutcomeUnknown;
    case 'handed_back':
      return { ...about, type, body: { cause: 'not_started', source, attempt } } satisfies HandedBack;
  }
}
