/** The control records and the command among the examples. */
import type { AttemptDelivery } from '../commands.ts';
import type { ControlType } from '../control.ts';
import { batchId, derivedId } from '../ids.ts';
import type { LogRecord } from '../records.ts';
import type { SignalType } from '../signals.ts';
import {
  claimId,
  content,
  deliveryId,
  HOUR,
  MINUTE,
  messageId,
  NOON,
  path,
  route,
  SECOND,
  tenant,
  traceparent,
} from './example-parts.ts';
import { WARMUP_EXAMPLES } from './example-warmups.ts';

const attemptDelivery: AttemptDelivery = {
  deliveryId,
  messageId,
  tenant,
  release: 1,
  attempt: 1,
  content,
  size: 1747,
  mayDuplicate: true,
  nxdomainSince: NOON - HOUR,
  mayMove: true,
  traceparent,
};

export const CONTROL_EXAMPLES: {
  readonly [T in ControlType | SignalType | 'attempt']: Extract<LogRecord, { readonly type: T }>;
} = {
  policy_changed: {
    id: derivedId('policy', 'ba7816bf8f01'),
    type: 'policy_changed',
    version: 1,
    at: NOON - HOUR,
    partition: 0,
    body: { policyVersion: 'ba7816bf8f01', text: 'abc', changedBy: 'file' },
  },
  source_claimed: {
    id: derivedId('source_claimed', 'ip-1', claimId),
    type: 'source_claimed',
    version: 1,
    at: NOON - MINUTE,
    partition: 0,
    body: { source: 'ip-1', owner: 'standalone-4f2a', claimId },
  },
  source_released: {
    id: derivedId('source_released', 'ip-1', claimId),
    type: 'source_released',
    version: 1,
    at: NOON + HOUR,
    partition: 0,
    body: { source: 'ip-1', owner: 'standalone-4f2a', claimId },
  },
  source_unreachable: {
    id: derivedId('source_unreachable', 'ip-2', NOON),
    type: 'source_unreachable',
    version: 1,
    at: NOON,
    partition: 0,
    body: { source: 'ip-2', detail: 'EADDRNOTAVAIL' },
  },
  path_throttled: {
    id: derivedId('path_throttled', path, claimId, 1),
    type: 'path_throttled',
    version: 1,
    at: NOON + 40,
    partition: 0,
    body: {
      ...route,
      path,
      action: 'suspend',
      until: NOON + 40 + 30 * SECOND,
      step: 1,
      reason: 'path_throttled',
      evidence: {
        phase: 'banner',
        reply: { code: 554, enhanced: '5.7.1', text: 'Service unavailable' },
        verdict: { cause: 'policy', scope: 'path', disposition: 'defer', confidence: 0.6 },
        deliveryId,
      },
    },
  },
  path_restored: {
    id: derivedId('path_restored', path, claimId, 1),
    type: 'path_restored',
    version: 1,
    at: NOON + 2 * MINUTE,
    partition: 0,
    body: { ...route, path },
  },
  reputation_changed: {
    id: derivedId('reputation_changed', 'tenant', tenant, NOON),
    type: 'reputation_changed',
    version: 1,
    at: NOON,
    partition: 0,
    body: {
      subject: 'tenant',
      name: tenant,
      score: 83,
      previous: 91,
      outcomes: 12_480,
      providers: { gmail: 79, other: 94 },
    },
  },
  ...WARMUP_EXAMPLES,
  owner_renewed: {
    id: derivedId('owner_renewed', claimId, 1),
    type: 'owner_renewed',
    version: 1,
    at: NOON,
    partition: 0,
    body: { owner: 'dispatcher-7c1e', claims: [{ source: 'ip-1', claimId }] },
  },
  attempt: {
    id: derivedId('attempt', batchId(2, claimId, 1)),
    type: 'attempt',
    version: 1,
    at: NOON + 7,
    partition: 2,
    body: {
      ...route,
      path,
      domain: 'gmail.com',
      pool: 'default',
      class: 'bulk',
      startBy: NOON + 6 + MINUTE,
      expiresAt: NOON + 72 * HOUR,
      deliveries: [attemptDelivery],
    },
  },
};
