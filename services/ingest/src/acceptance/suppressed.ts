import type { SuppressionCheck } from '@penstock/directory';
import { type Dropped, factId, type Processed } from '@penstock/events';

/**
 * The delivery, and right behind it its end where the recipient is suppressed. Mail for later is looked at when its
 * time has come: all of it is looked at again before each release.
 *
 * @param nowMs ms since the epoch, not before the acceptance
 */
export function withDrop(
  fact: Processed,
  suppressions: SuppressionCheck,
  nowMs: number,
): readonly [Processed] | readonly [Processed, Dropped] {
  const { tenant = '', body } = fact;
  if (body.sendAt > nowMs) return [fact];
  const { recipientHash, bypass } = body;
  const reason = suppressions.reasonFor({ tenant, recipientHash, bypass }, nowMs);
  if (reason === undefined) return [fact];
  const { deliveryId = '', messageId = '', traceparent, partition } = fact;
  const drop: Dropped = {
    id: factId(deliveryId, 0, 'dropped', 'suppressed'),
    type: 'dropped',
    version: 1,
    at: nowMs,
    partition,
    deliveryId,
    messageId,
    tenant,
    release: 0,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: { cause: 'suppressed', attempts: 0, heldMs: 0, remoteMs: 0, suppression: reason },
  };
  return [fact, drop];
}
