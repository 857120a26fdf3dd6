/**
 * Where mail of a pool with sources in warm-up may go. Those in warm-up come first, so that their day is used; what is
 * over their limit waits a while, and then goes to the pool's warm sources, or, where none can be used, to the shared
 * warm-up pool; else it waits for the next token.
 */
import { type PoolPolicy, SHARED_WARMUP_REPUTATION } from '@penstock/policy';
import type { Delivery } from './delivery.ts';
import { type Reputations, tenantScore } from './reputations.ts';

/** Own sources in warm-up, own warm ones, those of the shared warm-up pool: in that order. */
export type Tier = 'warming' | 'warm' | 'shared';

const ORDER: Readonly<Record<Tier, number>> = { warming: 0, warm: 1, shared: 2 };

export function comesAfter(tier: Tier, other: Tier): boolean {
  return ORDER[tier] > ORDER[other];
}

/** What stands open to mail of one pool for one site. */
export interface Openness {
  /** A source of the pool that is in warm-up can be used. */
  readonly hasWarming: boolean;
  /** One that is warm can. */
  readonly hasWarm: boolean;
  /** One of the shared warm-up pool can. */
  readonly hasShared: boolean;
  /** How long bulk mail waits for a token of those in warm-up, ms. */
  readonly waitMs: number;
}

/** Mail that needs no such choice. */
export const WARM: Openness = { hasWarming: false, hasWarm: true, hasShared: false, waitMs: 0 };

/** Whether the delivery may take a source of that tier now. `own` is the source that greylisted it. */
export function mayTake(
  tier: Tier,
  own: boolean,
  delivery: Delivery,
  open: Openness,
  mayShare: (tenant: string) => boolean,
  nowMs: number,
): boolean {
  if (!open.hasWarming) return tier !== 'shared';
  if (tier === 'warming') return own || !delivery.triedWarming || !open.hasWarm;
  if (nowMs < overflowAt(delivery, open)) return false;
  return tier === 'warm' || (!open.hasWarm && mayShare(delivery.accepted.tenant));
}

/** Until when it keeps to the sources in warm-up, ms since the epoch: bulk waits, once, before it is first tried. */
export function overflowAt({ accepted, life, heldSince, triedWarming }: Delivery, { waitMs }: Openness): number {
  if (accepted.class !== 'bulk' || life.attempts > 0 || triedWarming) return 0;
  return heldSince + waitMs;
}

/** A tenant whose mail nobody has rated yet may. */
export function mayShare(pool: PoolPolicy | undefined, reputations: Reputations, tenant: string): boolean {
  const least = pool?.sharedWarmupReputation ?? SHARED_WARMUP_REPUTATION;
  const score = tenantScore(reputations, tenant);
  return score === undefined || score >= least;
}
