/** Ids of the facts a scheduler writes about one delivery: equal however often they are proposed. */
import { type DropCause, factId } from '@penstock/events';
import type { Delivery } from './delivery.ts';

/** The next held `deferred` of the present release. */
export function noticeId({ id, life, notices }: Delivery): string {
  return factId(id, life.release, 'deferred', 'held', notices);
}

export function dropId({ id, life }: Delivery, cause: DropCause): string {
  return factId(id, life.release, 'dropped', cause);
}

export function noOutcomeId({ id, life }: Delivery): string {
  return factId(id, life.release, 'outcome_unknown', 'no_outcome');
}

export function assumedId({ id, life }: Delivery): string {
  return factId(id, life.release, 'delivered', 'assumed');
}

export function commandId(deliveryId: string, release: number): string {
  return factId(deliveryId, release, 'attempt', 'released');
}
