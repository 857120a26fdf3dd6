/** Lanes take turns: each is offered the sources of its pool, and gives what their paths have credit for. */
import { type Decision, isSampled, type PassedOver, type ReleasedDelivery } from '@penstock/events';
import { SMARTHOST_SITE } from '@penstock/policy';
import { conclude, judge } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';
import type { SiteInfo } from './grants.ts';
import { withdrawNode } from './heap.ts';
import { type Lane, withdraw } from './lane.ts';
import { nextChoice, park } from './lane-choice.ts';
import { expectNotice } from './notices.ts';
import type { PathLoad } from './path-load.ts';
import { retryDelayMs } from './retry.ts';
import { type Lot, type Offer, Offers, type Pulled } from './source-offers.ts';
import type { TokenLine } from './token-lines.ts';
import { leaveDeserted, wantTokens } from './wants.ts';
import { comesAfter } from './warm-up-choice.ts';

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
    const line = agenda.firstFreedLine();
    if (freed) takeFreed(draft, offers, freed);
    else if (line) takeFromLine(draft, offers, line);
    else break;
  }
  if (draft.releasesLeft <= 0 && (agenda.hasReady || agenda.hasFreed)) draft.askAt(draft.nowMs);
  const timed = agenda.timed.peek();
  if (timed) draft.askAt(timed.key);
  leaveDeserted(draft);
  const refused = agenda.refused.peek();
  if (refused) draft.askAt(refused.key);
}

/** The lane that waits longest for the path takes its turn there. */
function takeFreed(draft: Draft, offers: Offers, load: PathLoad): void {
  const { agenda } = draft.state;
  const [lane] = load.parked;
  if (!lane || offers.creditOn(load, lane) <= 0) {
    agenda.exhausted(load);
    return;
  }
  agenda.unblock(lane);
  const before = draft.left;
  takeTurn(draft, offers, lane, load);
  // A lane that found credit and could not use it would be next again for ever.
  if (draft.left === before && load.parked.has(lane)) agenda.exhausted(load);
}

/** The lane with the best mail takes its turn, if there are tokens; else they are asked for. */
function takeFromLine(draft: Draft, offers: Offers, line: TokenLine): void {
  const { agenda } = draft.state;
  const gate = line.gates.peek()?.item;
  const lane = gate?.best?.lane;
  if (!gate || !lane) {
    agenda.exhaustedLine(line);
    return;
  }
  const credit = offers.creditOn(gate.load, lane);
  if (credit <= 0) {
    // It is looked at again when credit comes back.
    withdrawNode(gate.node);
    return;
  }
  const tokens = offers.tokensOf(line);
  if (tokens.free <= 0) {
    agenda.exhaustedLine(line);
    wantTokens(draft, tokens, credit);
    return;
  }
  agenda.unblock(lane);
  const before = draft.left;
  takeTurn(draft, offers, lane, gate);
  // As above.
  if (draft.left === before && lane.seats.some((seat) => seat.gate.line === line)) agenda.exhaustedLine(line);
}

/**
 * `pulled` is where the lane was next. Elsewhere it stands behind the lanes that already wait, so that
 * a lane that just came never overtakes them.
 */
function takeTurn(draft: Draft, offers: Offers, lane: Lane, pulled: Pulled): void {
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
  const before = draft.left;
  give(draft, lane, lot, pulled);
  // Lanes not yet asked come before the second turn of one that was, even where that only means to wait.
  if (draft.left < before && agenda.hasReady && lane.waiting > 0) agenda.touch(lane);
  else queueAgain(draft, lane, lot);
}

function siteOf({ policy, grants }: Draft, { key }: Lane): SiteInfo | undefined {
  if (policy.egress === 'smarthost') return { site: SMARTHOST_SITE };
  return grants.sites.get(key.domain);
}

/** Releases from the lane until its turn is over, its due mail is gone, or nothing of it can go. */
function give(draft: Draft, lane: Lane, lot: Lot, pulled: Pulled): void {
  let left = Math.min(TURN, draft.releasesLeft);
  while (left > 0) {
    const choice = nextChoice(draft, lane, lot, pulled);
    if (!choice) return;
    const { delivery, offer } = choice;
    lane.count(delivery);
    left -= 1;
    const expiresAt = draft.expiresAt(delivery);
    if (judge(draft, delivery)) conclude(draft, delivery);
    else if (dropSuppressed(draft, delivery)) continue;
    else if (expiresAt - draft.nowMs < LEAST_TIME_TO_START_MS) setAside(draft, delivery);
    else releaseOn(draft, delivery, lot, offer, expiresAt);
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

function releaseOn(draft: Draft, delivery: Delivery, lot: Lot, offer: Offer, expiresAt: number): void {
  const { policy, nowMs, state } = draft;
  const { pool, class: trafficClass } = delivery.accepted;
  const { source, site, provider, path, warming } = offer;
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
  const key = { source, site, provider, path, pool, class: trafficClass, startBy, warming };
  draft.release(key, entry, () => decisionOf(delivery, lot, offer));
  offer.tokensFor(delivery)?.use();
  withdraw(delivery);
  state.agenda.propose(delivery, offer.load);
}

function decisionOf(delivery: Delivery, { offers }: Lot, taken: Offer): Decision {
  return {
    passedOver: offers.flatMap((offer) => passedOver(delivery, offer, taken)),
    credit: { path: taken.path, limit: taken.limit, used: taken.used },
    budgets: taken.tokensFor(delivery)?.left() ?? [],
  };
}

/** Sources that would have come before it or beside it; those it could only have overflowed to are none. */
function passedOver(delivery: Delivery, offer: Offer, taken: Offer): PassedOver[] {
  if (offer === taken || comesAfter(offer.tier, taken.tier)) return [];
  const reason = offer.blocked ?? (offer.freeFor(delivery) <= 0 ? offer.lackFor(delivery) : undefined);
  if (reason === undefined) return [];
  return [{ source: offer.source, reason, ...(offer.until === undefined ? {} : { until: offer.until }) }];
}

/** Where the lane waits after its turn. */
function queueAgain(draft: Draft, lane: Lane, lot: Lot): void {
  const { agenda } = draft.state;
  const due = lane.nextDue();
  if (due === undefined) return;
  if (due > draft.nowMs) {
    agenda.waitUntil(lane, due);
    return;
  }
  if (nextChoice(draft, lane, lot, undefined)) {
    agenda.touch(lane);
    return;
  }
  park(draft, lane, lot);
  expectNotice(draft, lane);
}
