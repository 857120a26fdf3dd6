import type { DropCause, Fact, HandBackCause, Protocol, Received } from '../facts.ts';
import { SUPPRESSION_REASONS } from '../suppressions.ts';
import {
  arrayOf,
  count,
  flag,
  instant,
  type JsonSchema,
  membersOf,
  milliseconds,
  object,
  oneOf,
  ordinal,
  text,
} from './json-schema.ts';
import {
  attemptOutcome,
  decision,
  holdReason,
  outcomeOptional,
  outcomeRequired,
  reply,
  trafficClass,
} from './outcome.ts';
import { deliveryId, ONE_DELIVERY, record, traceparent } from './record.ts';

const PROTOCOLS: Readonly<Record<Protocol, true>> = { http: true, smtp: true };

export const deliveryContent = object({ body: text, recipient: text });

const suppression = oneOf(SUPPRESSION_REASONS);

const received = object(
  {
    manifest: text,
    body: text,
    recipients: ordinal,
    partitionCount: ordinal,
    class: trafficClass,
    pool: text,
    acceptedAt: instant,
    protocol: membersOf(PROTOCOLS),
    size: count,
  },
  { categories: arrayOf(text), bypass: arrayOf(suppression, 1), idempotency: object({ key: text, digest: text }) },
);

const processed = object(
  {
    content: deliveryContent,
    index: count,
    domain: { type: 'string', pattern: '^[^A-Z@\\s]+$' },
    recipientHash: text,
    class: trafficClass,
    pool: text,
    acceptedAt: instant,
    sendAt: instant,
    size: count,
    protocol: membersOf(PROTOCOLS),
    expanded: flag,
  },
  { categories: arrayOf(text), bypass: arrayOf(suppression, 1) },
);

const released = object(
  {
    source: text,
    site: text,
    path: text,
    pool: text,
    class: trafficClass,
    deliveries: arrayOf(
      object(
        { deliveryId, release: ordinal, attempt: ordinal, retryMs: milliseconds },
        { mayDuplicate: flag, traceparent },
      ),
      1,
    ),
    startBy: instant,
    unknownRetryMs: milliseconds,
    decision,
    policyVersion: text,
    controlOffset: count,
  },
  { provider: text, warming: flag },
);

const held = object(
  { cause: { const: 'held' }, reasons: arrayOf(holdReason, 1), text, heldSince: instant },
  { until: instant },
);

const remote = object(
  { ...outcomeRequired, cause: { const: 'remote' } },
  { ...outcomeOptional, retryAfterMs: milliseconds, nxdomainSince: instant },
);

const outcomeUnknown = {
  anyOf: [
    object({ ...outcomeRequired, cause: { const: 'connection_lost' } }, outcomeOptional),
    object({ attempt: ordinal, cause: { const: 'no_outcome' } }, { ...outcomeRequired, ...outcomeOptional }),
  ],
};

const HAND_BACK_CAUSES: Readonly<Record<HandBackCause, true>> = {
  not_started: true,
  path_suspended: true,
  connection_ended: true,
  in_doubt: true,
  shutdown: true,
};

const handedBack = object({ cause: membersOf(HAND_BACK_CAUSES), source: text, attempt: count }, { until: instant });

const DROP_CAUSES: Readonly<Record<DropCause, true>> = {
  expired: true,
  outcome_unknown: true,
  suppressed: true,
  cancelled: true,
};

const dropped = object(
  { cause: membersOf(DROP_CAUSES), attempts: count, heldMs: milliseconds, remoteMs: milliseconds },
  { lastReply: reply, lastVerdict: text, lastHold: arrayOf(holdReason), suppression },
);

export const FACT_SCHEMAS: Readonly<Record<Fact['type'] | Received['type'], JsonSchema>> = {
  received: record('received', ['messageId', 'tenant'], received),
  processed: record('processed', ['deliveryId', 'messageId', 'tenant'], processed),
  partition_claimed: record('partition_claimed', [], object({ claimId: text, owner: text })),
  released: record('released', ['epoch'], released),
  deferred: record('deferred', ONE_DELIVERY, { anyOf: [held, remote] }),
  delivered: record('delivered', ONE_DELIVERY, attemptOutcome),
  bounced: record('bounced', ONE_DELIVERY, object(outcomeRequired, { ...outcomeOptional, recipient: text })),
  outcome_unknown: record('outcome_unknown', ONE_DELIVERY, outcomeUnknown),
  handed_back: record('handed_back', ONE_DELIVERY, handedBack),
  dropped: record('dropped', ONE_DELIVERY, dropped),
};
