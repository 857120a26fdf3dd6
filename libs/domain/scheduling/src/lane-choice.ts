/** Which delivery of a lane goes next, and to which of the offers; or where the lane waits and why. */
import type { HoldReason } from '@penstock/events';
import type { Agenda, Place } from './agenda.ts';
import type { Delivery } from './delivery.ts';
import type { Draft } from './draft.ts';
import type { WantRank } from './grants.ts';
import { type Hold, type Lane, reasonsKey } from './lane.ts';
import type { PathLoad } from './path-load.ts';
import type { Lot, Offer, Pulled } from './source-offers.ts';
import { rankKey } from './token-lines.ts';
import { comesAfter, mayShare, mayTake, overflowAt } from './warm-up-choice.ts';

export interface Choice {
  readonly delivery: Delivery;
  readonly offer: Offer;
}

/** The lane's next delivery that can go; where the one whose turn it is cannot, the head of the other kind may. */
export function nextChoice(draft: Draft, lane: Lane, lot: Lot, pulled: Pulled): Choice | undefined {
  const turn = lane.nextAt(draft.nowMs, true);
  if (!turn) return undefined;
  const offer = choose(draft, turn, lot, pulled);
  if (offer) return { delivery: turn, offer };
  const other = lane.headAt(turn.life.attempts === 0 ? 'retry' : 'first', draft.nowMs);
  const second = other && choose(draft, other, lot, pulled);
  return other && second ? { delivery: other, offer: second } : behindHeads(draft, lane, lot, pulled);
}

/** Deliveries of a lane that are looked at where the first may not go somewhere that others may. */
const LOOKED_BEHIND = 50;

/** The shared warm-up pool takes mail of some tenants only: theirs must not wait behind that of others. */
function behindHeads(draft: Draft, lane: Lane, lot: Lot, pulled: Pulled): Choice | undefined {
  if (!sharesOnly(lot)) return undefined;
  for (const { key, item } of lane.firsts.some(LOOKED_BEHIND)) {
    const offer = key <= draft.nowMs ? choose(draft, item, lot, pulled) : undefined;
    if (offer) return { delivery: item, offer };
  }
  return undefined;
}

/** Whether what is over the limit can only go to the shared warm-up pool. */
function sharesOnly({ open }: Lot): boolean {
  return open.hasWarming && !open.hasWarm && open.hasShared;
}

/** Sources in warm-up first, then most free credit; among equals they take turns. */
function choose(draft: Draft, delivery: Delivery, lot: Lot, pulled: Pulled): Offer | undefined {
  const { offers } = lot;
  const allowed = allowedTo(draft, delivery, lot);
  let best: Offer | undefined;
  let bestFree = 0;
  const turn = draft.state.agenda.rotation++;
  for (let i = 0; i < offers.length; i++) {
    const offer = offers[(turn + i) % offers.length];
    if (!offer || offer.blocked !== undefined || !allowed(offer) || !offer.isOpenTo(delivery, pulled)) continue;
    const free = offer.freeFor(delivery);
    if (free <= 0 || (best && !isBetter(offer, free, best, bestFree))) continue;
    best = offer;
    bestFree = free;
  }
  return best;
}

function isBetter(offer: Offer, free: number, best: Offer, bestFree: number): boolean {
  return offer.tier === best.tier ? free > bestFree : comesAfter(best.tier, offer.tier);
}

type Allowed = (offer: Offer) => boolean;

const ALL: Allowed = () => true;

/** Which of the usable offers the delivery may take now. */
export function allowedTo(draft: Draft, delivery: Delivery, lot: Lot): Allowed {
  const { open, offers, pool } = lot;
  const { lastSource } = delivery;
  if (!open.hasWarming && lastSource === undefined) return ALL;
  const share = (tenant: string) => mayShare(pool, draft.control.reputations, tenant);
  const may: Allowed = (offer) => {
    const own = delivery.lastVerdict === 'greylisted' && offer.source === lastSource;
    return mayTake(offer.tier, own, delivery, open, share, draft.nowMs);
  };
  if (lastSource === undefined) return may;
  const usable = offers.filter((offer) => offer.blocked === undefined && may(offer));
  const last = usable.find(({ source }) => source === lastSource);
  if (!last) return may;
  if (keepsItsSource(delivery)) return (offer) => offer === last;
  return leavesItsSource(delivery) && usable.length > 1 ? (offer) => offer !== last && may(offer) : may;
}

/**
 * Greylisting remembers the address mail came from: another would start the wait anew. What a receiver says of the sending
 * domain or of the content it would say to any other address too. And a block moves a delivery once: one bad campaign must
 * not walk through every address.
 */
function keepsItsSource({ lastVerdict, lastScope, moved }: Delivery): boolean {
  if (lastVerdict === 'greylisted' || lastScope === 'sending_domain' || lastScope === 'message') return true;
  return lastScope === 'source' && moved;
}

function leavesItsSource({ lastScope, moved }: Delivery): boolean {
  return lastScope === 'source' && !moved;
}

/** The lane waits for the paths that the heads of its due mail may take. */
export function park(draft: Draft, lane: Lane, lot: Lot): void {
  const { agenda } = draft.state;
  const heads = (['first', 'retry'] as const).flatMap((kind) => lane.headAt(kind, draft.nowMs) ?? []);
  const loads = new Set<PathLoad>();
  const places: Place[] = [];
  const awaited: Offer[] = [];
  const reasons = new Set<HoldReason>();
  for (const head of heads) {
    const allowed = allowedTo(draft, head, lot);
    for (const offer of lot.offers) {
      if (offer.blocked !== undefined || !allowed(offer)) continue;
      const tokens = offer.tokensFor(head);
      if (tokens) addPlace(places, { load: offer.load, line: tokens.line, rank: rankOf(head) });
      else loads.add(offer.load);
      reasons.add(offer.lackFor(head));
      awaited.push(offer);
    }
  }
  const hold = holdOf(lot, reasons, awaited.length > 0);
  agenda.block(lane, [...loads], places, hold, wakeAt(draft, lane, lot, heads));
  freeAwaited(agenda, awaited);
}

/** One place in each line on a path, with the better of the lane's mail. */
function addPlace(places: Place[], place: Place): void {
  const index = places.findIndex(({ load, line }) => load === place.load && line === place.line);
  const known = places[index];
  if (!known) places.push(place);
  else if (rankKey(place.rank) < rankKey(known.rank)) places[index] = place;
}

export function rankOf({ accepted, heldSince }: Delivery): WantRank {
  return { class: accepted.class, engagement: 0, since: heldSince };
}

/** Paths with something free, or a token to ask for, are looked at again; which of them asks first takes turns. */
function freeAwaited(agenda: Agenda, awaited: readonly Offer[]): void {
  const turn = awaited.length > 1 ? agenda.rotation++ : 0;
  for (let i = 0; i < awaited.length; i++) {
    const offer = awaited[(turn + i) % awaited.length];
    if (offer && offer.credit > 0) agenda.free(offer.load);
  }
}

/** When the lane may do more than now, whatever becomes of tokens and credit. */
function wakeAt({ nowMs, control }: Draft, lane: Lane, lot: Lot, heads: readonly Delivery[]): number | undefined {
  const { open, pool } = lot;
  if (!open.hasWarming) return undefined;
  const times: number[] = [];
  const behind = sharesOnly(lot) ? lane.firsts.some(LOOKED_BEHIND).map(({ item }) => item) : [];
  for (const head of [...heads, ...behind]) {
    const elsewhere = open.hasWarm || (open.hasShared && mayShare(pool, control.reputations, head.accepted.tenant));
    if (elsewhere) times.push(overflowAt(head, open));
  }
  // Firsts and retries wait in lines of their own: that one of them waits says nothing of the other.
  for (const heap of [lane.firsts, lane.retries]) times.push(heap.peek()?.key ?? 0);
  const later = times.filter((at) => at > nowMs);
  return later.length > 0 ? Math.min(...later) : undefined;
}

const REASON_ORDER: readonly HoldReason[] = ['hourly_limit', 'path_throttled', 'connection_limit', 'no_source'];

/** The reasons of all sources; one that may be used later outweighs one that cannot be used at all. */
function holdOf({ offers }: Lot, found: Set<HoldReason>, anyUsable: boolean): Hold {
  const blocked = offers.filter((offer) => offer.blocked !== undefined && offer.tier !== 'shared');
  for (const { blocked: reason } of blocked) if (reason) found.add(reason);
  if (found.size === 0) found.add('no_source');
  if (found.size > 1) found.delete('no_source');
  const named = REASON_ORDER.filter((reason) => found.delete(reason));
  const reasons = [...named, ...[...found].sort()];
  const untils = blocked.flatMap(({ until }) => until ?? []);
  const until = untils.length > 0 ? Math.min(...untils) : undefined;
  return { reasons, key: reasonsKey(reasons), until, sure: !anyUsable && untils.length === blocked.length };
}
