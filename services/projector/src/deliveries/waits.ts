import type { Fact, HeldDeferral } from '@penstock/events';
import type { LastHold, LastRemote } from '../lanes/lane-row.ts';
import type { PendingDelivery } from './pending-delivery.ts';

/** The waits its last release brought along, ms. */
export interface ReleaseWaits {
  readonly retryMs: number;
  readonly unknownRetryMs: number;
}

/** When a delivery whose attempt was closed by `record` may be tried again, ms since the epoch. */
export function closedDue(waits: ReleaseWaits, record: Fact): number {
  switch (record.type) {
    case 'deferred':
      return record.at + ((record.body.cause === 'remote' ? record.body.retryAfterMs : undefined) ?? waits.retryMs);
    case 'outcome_unknown':
      return record.at + waits.unknownRetryMs;
    case 'handed_back':
      return record.body.until ?? record.at;
    default:
      return record.at;
  }
}

export function lastHold(at: number, body: HeldDeferral): LastHold {
  const { reasons, text, until } = body;
  return { at, reasons, text, ...(until !== undefined && { until }) };
}

/** What the receiver said with this fact, if it was the receiver; call after the due time is set. */
export function lastRemote(delivery: PendingDelivery, record: Fact): LastRemote | undefined {
  const retryAt = delivery.dueAt;
  if (record.type === 'deferred' && record.body.cause === 'remote') {
    const { source, phase, verdict, reply } = record.body;
    return { at: record.at, source, phase, cause: verdict?.cause ?? 'unknown', retryAt, ...(reply && { reply }) };
  }
  if (record.type !== 'outcome_unknown') return undefined;
  const source = record.body.source ?? delivery.route?.source ?? '';
  return { at: record.at, source, cause: 'outcome_unknown', retryAt };
}
