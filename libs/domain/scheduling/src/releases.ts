/** Lanes take turns: each is offered the sources of its pool, and gives what their paths have credit for. */
import { type Decision, type HoldReason, isSampled, type PassedOver, type ReleasedDelivery } from '@penstock/events';
import { SMARTHOST_SITE } from '@penstock/policy';
import type { Agenda } from './agenda.ts';
import { conclude, judge } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';
import type { SiteInfo } from './grants.ts';
import { withdrawNode } from './heap.ts';
import { type Hold, type Lane, reasonsKey, withdraw } from './lane.ts';
import { expectNotice } from './notices.ts';
import type { PathLoad } from './path-load.ts';
import { retryDelayMs } from './retry.ts';
import { type Offer, Offers } from './source-offers.ts';
import { bestLane, leaveDeserted, wantTokens } from './wants.ts';

/** With less than this until `max_age` ends an attempt would end before it began. */
const LEAST_TIME_TO_START_MS = 1000;

/** Deliveries a lane gives in one turn at most. */
const TURN = 50;

export function proposeReleases(draft: Draft): void {
  const { agenda } = draft.state;
  const offers = new Offers(draft);
  while (draft.releasesLeft > 0) {
    const lane = agenda.nextReady();
    if (lane) {
      takeTurn(draft, offers, lane, undefined);
      continue;
    }
    const freed = agenda.firstFreed();
    if (!freed) break;
    takeFreed(draft, offers, freed);
  }
  if (draft.releasesLeft <= 0 && (agenda.hasReady || agenda.hasFreed)) draft.askAt(draft.nowMs);
  const timed = agenda.timed.peek();
  if (timed) draft.askAt(timed.key);
  leaveDeserted(draft, (load) => offers.tokensOn(load));
  const refused = agenda.refused.peek();
  if (refused) draft.askAt(refused.key);
}

/** The lane that waits longest for the path takes its turn there; where tokens are scarce, the one with the best mail. */
function takeFreed(draft: Draft, offers: Offers, load: PathLoad): void {
  const { agenda } = draft.state;
  const tokens = offers.tokensOn(load);
  const [first] = load.parked;
  const lane = tokens ? bestLane(load, draft.nowMs) : first;
  if (!lane || offers.freeOn(load, lane) <= 0) {
    const credit = tokens && lane ? offers.creditOn(load, lane) : 0;
    if (tokens && credit > 0) wantTokens(draft, load, tokens, credit);
    agenda.exhausted(load);
    return;
  }
  agenda.unblock(lane);
  const before = draft.left;
  takeTurn(draft, offers, lane, load);
  // A lane that found credit and could not use it would be next again for ever.
  if (draft.left === before && load.parked.has(lane)) agenda.exhausted(load);
}

/**
 * `pulled` is the path on which the lane was next. Elsewhere it stands behind the lanes that already wait, so that
 * a lane that just came never overtakes them.
 */
function takeTurn(draft: Draft, offers: Offers, lane: Lane, pulled: PathLoad | undefined): void {
  const { agenda } = draft.state;
  agenda.setHold(lane, undefined);
  const due = lane.nextDue();
  if (due === undefined) return;
  if (due > draft.nowMs) {
    agenda.waitUntil(lane, due);
    return;
  }
  const site = siteOf(draft, lane);
  if (!site) {
    lane.place = 'blocked';
    agenda.unresolved.add(lane);
    return;
  }
  const lot = offers.forLane(lane, site);
  const usable = lot.filter((offer) => offer.blocked === undefined);
  const open = usable.filter((offer) => offer.load.parked.size === 0 || offer.load === pulled);
  const before = draft.left;
  give(draft, lane, lot, open);
  // Lanes not yet asked come before the second turn of one that was, even where that only means to wait.
  if (draft.left < before && agenda.hasReady && lane.waiting > 0) agenda.touch(lane);
  else queueAgain(draft, lane, lot, open);
}

function siteOf({ policy, grants }: Draft, { key }: Lane): SiteInfo | undefined {
  if (policy.egress === 'smarthost') return { site: SMARTHOST_SITE };
  return grants.sites.get(key.domain);
}

/** Releases from the lane until its turn is over, its due mail is gone, or no path has credit left. */
function give(draft: Draft, lane: Lane, lot: readonly Offer[], open: readonly Offer[]): void {
  let left = Math.min(TURN, draft.releasesLeft);
  while (left > 0 && open.some((offer) => offer.free > 0)) {
    const delivery = nextDelivery(draft, lane, lot, open);
    if (!delivery) return;
    lane.count(delivery);
    left -= 1;
    const expiresAt = draft.expiresAt(delivery);
    if (judge(draft, delivery)) conclude(draft, delivery);
    else if (dropSuppressed(draft, delivery)) continue;
    else if (expiresAt - draft.nowMs < LEAST_TIME_TO_START_MS) setAside(draft, delivery);
    else releaseOn(draft, delivery, lot, choose(draft, delivery, open), expiresAt);
  }
}

/** Whether its recipient is suppressed by now; it counts as a release, so that a proposal stays within its bounds. */
function dropSuppressed(draft: Draft, delivery: Delivery): boolean {
  const { tenant, recipientHash, bypass } = delivery.accepted;
  const { suppressions } = draft.grants;
  if (recipientHash === undefined || suppressions === undefined) return false;
  const reason = suppressions.reasonFor({ tenant, recipientHash, bypass }, draft.nowMs);
  if (reason === undefined) return false;
  draft.drop(delivery, 'suppressed', reason);
  draft.releasesLeft -= 1;
  return true;
}

/** Its time is as good as over: it only waits for its end, which the deadlines ask for. */
function setAside(draft: Draft, delivery: Delivery): void {
  withdrawNode(delivery.waitNode);
  draft.state.agenda.propose(delivery);
}

/** A greylisted retry whose own source could take it, but not now, waits, and the other retries with it. */
function nextDelivery(draft: Draft, lane: Lane, lot: readonly Offer[], open: readonly Offer[]): Delivery | undefined {
  const delivery = lane.nextAt(draft.nowMs, true);
  const own = delivery && stickyOffer(delivery, lot);
  if (!own || own.blocked !== undefined || (own.free > 0 && open.includes(own))) return delivery;
  return lane.nextAt(draft.nowMs, false);
}

/** Greylisting remembers the address mail came from: another would start the wait anew. */
function stickyOffer({ lastVerdict, lastSource }: Delivery, lot: readonly Offer[]): Offer | undefined {
  return lastVerdict === 'greylisted' ? lot.find((offer) => offer.source === lastSource) : undefined;
}

/** Most free credit first; among equals the sources take turns. */
function choose(draft: Draft, delivery: Delivery, open: readonly Offer[]): Offer | undefined {
  const own = stickyOffer(delivery, open);
  if (own && own.free > 0) return own;
  let best: Offer | undefined;
  const turn = draft.state.agenda.rotation++;
  for (let i = 0; i < open.length; i++) {
    const offer = open[(turn + i) % open.length];
    if (offer && offer.free > 0 && (!best || offer.free > best.free)) best = offer;
  }
  return best;
}

function releaseOn(
  draft: Draft,
  delivery: Delivery,
  lot: readonly Offer[],
  offer: Offer | undefined,
  expiresAt: number,
): void {
  if (!offer) return;
  const { policy, nowMs, state } = draft;
  const { pool, class: trafficClass } = delivery.accepted;
  const { source, site, provider, path } = offer;
  const startBy = Math.min(nowMs + policy.dispatch.startWithinMs, expiresAt);
  const attempt = delivery.life.attempts + 1;
  const entry: { -readonly [K in keyof ReleasedDelivery]: ReleasedDelivery[K] } = {
    deliveryId: delivery.id,
    release: delivery.life.release + 1,
    attempt,
    retryMs: retryDelayMs(delivery.id, attempt, policy.retry),
  };
  if (delivery.mayDuplicate) entry.mayDuplicate = true;
  const { traceparent } = delivery.accepted;
  if (traceparent !== undefined && isSampled(traceparent)) entry.traceparent = traceparent;
  const key = { source, site, provider, path, pool, class: trafficClass, startBy };
  draft.release(key, entry, () => decisionOf(lot, offer));
  offer.tokens?.use();
  withdraw(delivery);
  state.agenda.propose(delivery, offer.load);
}

function decisionOf(lot: readonly Offer[], taken: Offer): Decision {
  return {
    passedOver: lot.flatMap((offer) => passedOver(offer, taken)),
    credit: { path: taken.path, limit: taken.limit, used: taken.used },
    budgets: taken.tokens?.left() ?? [],
  };
}

function passedOver(offer: Offer, taken: Offer): PassedOver[] {
  const reason = offer.blocked ?? (offer.free <= 0 && offer !== taken ? offer.lack : undefined);
  if (reason === undefined) return [];
  return [{ source: offer.source, reason, ...(offer.until === undefined ? {} : { until: offer.until }) }];
}

/** Where the lane waits after its turn. */
function queueAgain(draft: Draft, lane: Lane, lot: readonly Offer[], open: readonly Offer[]): void {
  const { agenda } = draft.state;
  const due = lane.nextDue();
  if (due === undefined) return;
  if (due > draft.nowMs) {
    agenda.waitUntil(lane, due);
    return;
  }
  const free = open.some((offer) => offer.free > 0);
  const stuck = free && nextDelivery(draft, lane, lot, open) === undefined;
  if (free && !stuck && !open.some((offer) => offer.load.parked.size > 0)) {
    agenda.touch(lane);
    return;
  }
  const awaited = stuck ? ownOffer(draft, lane, lot) : lot.filter((offer) => offer.blocked === undefined);
  const loads = awaited.map((offer) => offer.load);
  agenda.block(lane, loads, holdOf(lot));
  freeAwaited(agenda, awaited);
  expectNotice(draft, lane);
}

/** Paths with something free, or a token to ask for, are looked at again; which of them asks first takes turns. */
function freeAwaited(agenda: Agenda, awaited: readonly Offer[]): void {
  const turn = awaited.length > 1 && awaited[0]?.tokens ? agenda.rotation++ : 0;
  for (let i = 0; i < awaited.length; i++) {
    const offer = awaited[(turn + i) % awaited.length];
    if (offer && (offer.free > 0 || offer.isThirsty)) agenda.free(offer.load);
  }
}

/** All that is due waits for the source it was greylisted from. */
function ownOffer({ nowMs }: Draft, lane: Lane, lot: readonly Offer[]): readonly Offer[] {
  const delivery = lane.nextAt(nowMs, true);
  const own = delivery && stickyOffer(delivery, lot);
  return own ? [own] : [];
}

const REASON_ORDER: readonly HoldReason[] = ['hourly_limit', 'path_throttled', 'connection_limit', 'no_source'];

/** The reasons of all sources; one that may be used later outweighs one that cannot be used at all. */
function holdOf(lot: readonly Offer[]): Hold {
  const found = new Set<HoldReason>(lot.map((offer) => offer.blocked ?? offer.lack));
  if (found.size === 0) found.add('no_source');
  if (found.size > 1) found.delete('no_source');
  const named = REASON_ORDER.filter((reason) => found.delete(reason));
  const reasons = [...named, ...[...found].sort()];
  const untils = lot.flatMap((offer) => (offer.until === undefined ? [] : [offer.until]));
  const until = untils.length > 0 ? Math.min(...untils) : undefined;
  return { reasons, key: reasonsKey(reasons), until, sure: untils.length === lot.length };
}
