/** One record of every type as this release writes it: what the recorded samples must decode to. */
import { deferralText } from '../hold-reasons.ts';
import { batchId, derivedId, factId } from '../ids.ts';
import type { AttemptOutcome } from '../outcome.ts';
import type { LogRecord, RecordType } from '../records.ts';
import { CONTROL_EXAMPLES } from './example-control.ts';
import { DEAD_LETTER_EXAMPLES } from './example-dead-letters.ts';
import { DIRECTORY_EXAMPLES } from './example-directory.ts';
import {
  about,
  claimId,
  content,
  deliveryId,
  HOUR,
  MINUTE,
  messageId,
  NOON,
  path,
  recipientHash,
  route,
  SECOND,
  siblingId,
  tenant,
  traceparent,
} from './example-parts.ts';

const id = (release: number, type: string, cause: string) => factId(deliveryId, release, type, cause);

const throttled = {
  code: 421,
  enhanced: '4.7.28',
  text: 'Gmail has detected an unusual rate of email originating from your IP address 192.0.2.1.',
};

const outcome: Omit<AttemptOutcome, 'verdict'> = {
  ...route,
  attempt: 1,
  phase: 'final_dot',
  scope: 'recipient',
  host: { name: 'gmail-smtp-in.l.google.com', address: '127.0.0.1', port: 40025 },
  reply: { code: 250, enhanced: '2.0.0', text: 'OK queued as 7f3a' },
  timings: { queuedMs: 12, connectMs: 3.5, transactionMs: 8.25 },
  tls: 'TLSv1.3',
  mayDuplicate: true,
};

export const EXAMPLES: { readonly [T in RecordType]: Extract<LogRecord, { readonly type: T }> } = {
  received: {
    id: derivedId('received', messageId),
    type: 'received',
    version: 1,
    at: NOON,
    partition: 1,
    messageId,
    tenant,
    traceparent,
    body: {
      manifest: 'c:0:5843:402',
      body: content.body,
      recipients: 2,
      partitionCount: 4,
      class: 'bulk',
      pool: 'default',
      acceptedAt: NOON,
      protocol: 'http',
      size: 1747,
      categories: ['newsletter'],
    },
  },
  processed: {
    ...about,
    id: id(0, 'processed', ''),
    type: 'processed',
    at: NOON + 4,
    body: {
      content,
      index: 0,
      domain: 'gmail.com',
      recipientHash,
      class: 'bulk',
      pool: 'default',
      acceptedAt: NOON,
      sendAt: NOON,
      size: 1747,
      protocol: 'http',
      expanded: true,
      categories: ['newsletter'],
    },
  },
  partition_claimed: {
    id: batchId(2, claimId, 0),
    type: 'partition_claimed',
    version: 1,
    at: NOON - MINUTE,
    partition: 2,
    body: { claimId, owner: 'standalone-4f2a' },
  },
  released: {
    id: batchId(2, claimId, 1),
    type: 'released',
    version: 1,
    at: NOON + 6,
    partition: 2,
    epoch: 41,
    body: {
      ...route,
      path,
      pool: 'default',
      class: 'bulk',
      deliveries: [
        { deliveryId, release: 1, attempt: 1, retryMs: 1_234_567 },
        { deliveryId: siblingId, release: 2, attempt: 2, retryMs: 2_345_678, mayDuplicate: true, traceparent },
      ],
      startBy: NOON + 6 + MINUTE,
      unknownRetryMs: HOUR,
      decision: {
        passedOver: [{ source: 'ip-2', reason: 'path_throttled', until: NOON + 30 * SECOND }],
        credit: { path, limit: 27, used: 3 },
        budgets: [],
      },
      policyVersion: 'ba7816bf8f01',
      controlOffset: 9,
    },
  },
  deferred: {
    ...about,
    id: id(1, 'deferred', 'remote'),
    type: 'deferred',
    at: NOON + 40,
    release: 1,
    body: {
      ...outcome,
      cause: 'remote',
      phase: 'rcpt',
      scope: 'path',
      reply: throttled,
      verdict: {
        cause: 'throttle_rate',
        scope: 'path',
        disposition: 'defer',
        confidence: 1,
        rule: 'gmail-unusual-rate',
      },
      retryAfterMs: 5 * MINUTE,
      nxdomainSince: NOON - HOUR,
    },
  },
  delivered: {
    ...about,
    id: id(1, 'delivered', ''),
    type: 'delivered',
    at: NOON + 40,
    release: 1,
    body: { ...outcome, verdict: { cause: 'accepted', scope: 'recipient', disposition: 'deliver', confidence: 1 } },
  },
  bounced: {
    ...about,
    id: id(1, 'bounced', ''),
    type: 'bounced',
    at: NOON + 40,
    release: 1,
    body: {
      ...outcome,
      phase: 'rcpt',
      reply: { code: 550, enhanced: '5.1.1', text: '<…@gmail.com>: no such user' },
      verdict: {
        cause: 'user_unknown',
        scope: 'recipient',
        disposition: 'bounce',
        confidence: 0.9,
        rule: 'user-unknown',
      },
    },
  },
  outcome_unknown: {
    ...about,
    id: id(1, 'outcome_unknown', 'connection_lost'),
    type: 'outcome_unknown',
    at: NOON + 40,
    release: 1,
    body: {
      ...outcome,
      cause: 'connection_lost',
      verdict: { cause: 'connection_lost', scope: 'path', disposition: 'unknown', confidence: 1 },
    },
  },
  handed_back: {
    ...about,
    id: id(1, 'handed_back', 'path_suspended'),
    type: 'handed_back',
    at: NOON + 40,
    release: 1,
    body: { cause: 'path_suspended', source: 'ip-1', attempt: 1, until: NOON + 30 * SECOND },
  },
  dropped: {
    ...about,
    id: id(7, 'dropped', 'expired'),
    type: 'dropped',
    at: NOON + 72 * HOUR,
    release: 7,
    epoch: 41,
    body: {
      cause: 'expired',
      attempts: 7,
      heldMs: 3 * HOUR,
      remoteMs: 69 * HOUR,
      lastReply: throttled,
      lastVerdict: 'throttle_rate',
      lastHold: ['path_throttled'],
    },
  },
  ...CONTROL_EXAMPLES,
  ...DIRECTORY_EXAMPLES,
  ...DEAD_LETTER_EXAMPLES,
};

/** Records with a second form of their body. */
export const OTHER_FORMS: Readonly<Record<string, LogRecord>> = {
  'received-keyed': {
    ...EXAMPLES.received,
    body: {
      ...EXAMPLES.received.body,
      idempotency: { key: '9b74c9897bac770ffc029102a200c5de', digest: '8f14e45fceea167a5a36dedd4bea2543' },
    },
  },
  'released-warming': {
    ...EXAMPLES.released,
    id: batchId(2, claimId, 2),
    body: { ...EXAMPLES.released.body, warming: true },
  },
  'policy_changed-again': {
    ...EXAMPLES.policy_changed,
    id: derivedId('policy_changed', 'ba7816bf8f01', 7),
    body: {
      ...EXAMPLES.policy_changed.body,
      previousVersion: 'e3b0c44298fc',
      changes: [{ key: 'provider.gmail.provider_connection_limit', before: '5', after: '4' }],
      changeCount: 201,
    },
  },
  'received-bypassing': {
    ...EXAMPLES.received,
    body: { ...EXAMPLES.received.body, bypass: ['unsubscribe'] },
  },
  'processed-bypassing': {
    ...EXAMPLES.processed,
    body: { ...EXAMPLES.processed.body, bypass: ['bounce', 'complaint', 'unsubscribe', 'invalid'] },
  },
  'bounced-recipient': {
    ...EXAMPLES.bounced,
    body: { ...EXAMPLES.bounced.body, recipient: content.recipient },
  },
  'dropped-suppressed': {
    ...about,
    id: id(0, 'dropped', 'suppressed'),
    type: 'dropped',
    at: NOON + 4,
    release: 0,
    body: { cause: 'suppressed', attempts: 0, heldMs: 0, remoteMs: 0, suppression: 'unsubscribe' },
  },
  'deferred-held': {
    ...about,
    id: id(0, 'deferred', 'held'),
    type: 'deferred',
    at: NOON + 5 * MINUTE,
    release: 0,
    epoch: 41,
    body: {
      cause: 'held',
      reasons: ['connection_limit', 'path_throttled'],
      text: deferralText(['connection_limit', 'path_throttled']),
      heldSince: NOON,
      until: NOON + 6 * MINUTE,
    },
  },
  'source_released-by_successor': {
    ...EXAMPLES.source_released,
    id: derivedId('source_released', 'ip-1', claimId, 2),
    body: { ...EXAMPLES.source_released.body, releasedBy: 'dispatcher-7c1e' },
  },
  'outcome_unknown-no_outcome': {
    ...about,
    id: id(1, 'outcome_unknown', 'no_outcome'),
    type: 'outcome_unknown',
    at: NOON + 11 * MINUTE,
    release: 1,
    epoch: 41,
    body: { cause: 'no_outcome', attempt: 1 },
  },
};
