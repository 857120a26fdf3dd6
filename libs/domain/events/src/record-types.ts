import type { RecordType } from './records.ts';

/** The bytes are no record this release can read. Whoever folds stops on it: skipping a fact corrupts the fold. */
export class UndecodableRecordError extends Error {
  override readonly name = 'UndecodableRecordError';
}

const KNOWN: Readonly<Record<RecordType, true>> = {
  received: true,
  processed: true,
  partition_claimed: true,
  released: true,
  deferred: true,
  delivered: true,
  bounced: true,
  outcome_unknown: true,
  handed_back: true,
  dropped: true,
  policy_changed: true,
  source_claimed: true,
  source_released: true,
  source_unreachable: true,
  path_throttled: true,
  path_restored: true,
  reputation_changed: true,
  source_warmup_started: true,
  source_warmup_advanced: true,
  source_warmup_held: true,
  source_warmup_set_back: true,
  source_warmup_stopped: true,
  source_active: true,
  owner_renewed: true,
  source_observed: true,
  attempt: true,
  tenant_set: true,
  api_key_created: true,
  api_key_revoked: true,
  domain_added: true,
  domain_removed: true,
  webhook_set: true,
  webhook_removed: true,
  suppression_added: true,
  suppression_removed: true,
  record_set_aside: true,
};

export const RECORD_TYPES: ReadonlySet<string> = new Set(Object.keys(KNOWN));
