/** Why a delivery that has not ended waits, and until when it is expected to. */
import type { HoldReason } from '@penstock/events';
import { type ControlState, warmupOf } from '@penstock/scheduling';
import type { DeliveryHistory } from '../queries/delivery-history.ts';
import type { LaneReason } from '../queries/lane-reasons.ts';
import { endText } from './end-text.ts';
import { holdTexts, time } from './words.ts';

/** Whom it waits for. */
export type WaitsFor =
  /** Its `send_at`. */
  | 'send_at'
  /** The receiver put it off. */
  | 'receiver'
  /** A limit, a suspended path, or its turn. */
  | 'us'
  /** What comes of the attempt that is open. */
  | 'outcome';

export interface WaitingWhy {
  readonly for: WaitsFor;
  readonly because: readonly string[];
  /** Not before this, as far as is known now, ms since the epoch; absent where only its turn is awaited. */
  readonly expectedAt?: number;
  /** Then it is dropped, ms since the epoch. */
  readonly expiresAt?: number;
}

/** What is known beside the facts of the delivery. */
export interface Surroundings {
  /** Why the lane waits now. */
  readonly lane: readonly LaneReason[];
  readonly control: ControlState;
  /** ms since the epoch */
  readonly now: number;
}

/** Undefined where the delivery has ended. */
export function waitingReasons(history: DeliveryHistory, { lane, control, now }: Surroundings): WaitingWhy | undefined {
  const { state, status, dueAt = 0, facts } = history;
  const processed = facts.map(({ fact }) => fact).find((fact) => fact.type === 'processed');
  if (!state || state.terminal || processed?.type !== 'processed') return undefined;
  const { sendAt, acceptedAt } = processed.body;
  const { policy } = control;
  const expiresAt = policy && sendAt + policy.retry.maxAgeMs;
  const end = expiresAt === undefined ? {} : { expiresAt };
  if (status === 'open') return { for: 'outcome', because: openText(history, control), ...end };
  if (dueAt > now && state.release === 0 && sendAt > acceptedAt) {
    return { for: 'send_at', because: [`It is to be sent at ${time(sendAt)}.`], expectedAt: dueAt, ...end };
  }
  if (dueAt > now) return { ...putOff(history), expectedAt: dueAt, ...end };
  return { for: 'us', ...ours(history, lane, warmingTexts(processed.body.pool, control), now), ...end };
}

/** Sources of the pool that are held to a day of their warm-up. */
function warmingTexts(name: string, { policy, warmups }: ControlState): readonly string[] {
  const pool = policy?.pools.get(name) ?? policy?.pools.get(policy.defaultPool);
  return (pool?.sources ?? []).flatMap((source) => {
    const stage = warmupOf(warmups, source)?.stage;
    return stage ? [`${source} is in warm-up: day ${stage.day}, ${stage.hourlyLimit} recipients in any hour.`] : [];
  });
}

function openText({ facts }: DeliveryHistory, { policy }: ControlState): readonly string[] {
  const fact = facts.findLast(({ transition }) => transition === 'opened')?.fact;
  if (fact?.type !== 'released') return [];
  const { source, startBy } = fact.body;
  const latest = policy && startBy + policy.dispatch.attemptMaxMs;
  return [
    `An attempt through ${source} is under way since ${time(fact.at)}; it starts by ${time(startBy)} or comes back.`,
    ...(latest === undefined ? [] : [`If nothing is heard of it by ${time(latest)}, it counts as unknown.`]),
  ];
}

/** What closed the last attempt says when it may be tried again. */
function putOff({ facts }: DeliveryHistory): Pick<WaitingWhy, 'for' | 'because'> {
  const closing = facts.findLast(({ transition }) => transition === 'closed');
  if (!closing) return { for: 'us', because: [] };
  const isOurs = closing.fact.type === 'handed_back';
  return { for: isOurs ? 'us' : 'receiver', because: [endText(closing.fact, closing.dueAt)] };
}

/** It is due: what its lane waits for, and what it was told itself. */
function ours(
  { facts, dueAt = 0 }: DeliveryHistory,
  lane: readonly LaneReason[],
  warming: readonly string[],
  now: number,
) {
  const notice = facts.findLast(({ transition }) => transition === 'noted')?.fact;
  const told =
    notice?.type === 'deferred' && notice.body.cause === 'held' && notice.at >= dueAt ? notice.body : undefined;
  const rests = lane.filter((reason) => reason.kind === 'path_throttled');
  const hold = lane.find((reason) => reason.kind === 'held');
  const reasons: readonly HoldReason[] = told?.reasons ?? hold?.reasons ?? [];
  const untils = [told?.until, hold?.until, ...rests.map(({ until }) => until)].filter(
    (at) => at !== undefined && at > now,
  );
  const because = [
    ...(told ? [`It waits for us since ${time(told.heldSince)}: ${holdTexts(reasons)}.`] : []),
    ...(!told && reasons.length > 0 ? [`Mail of its lane waits for us: ${holdTexts(reasons)}.`] : []),
    ...rests.map(({ path, until, text }) => `The path ${path} rests until ${time(until)}: ${text}.`),
    ...warming,
  ];
  if (because.length === 0) because.push('Nothing stands in its way but what is before it in its lane.');
  return { because, ...(untils.length > 0 && { expectedAt: Math.min(...(untils as number[])) }) };
}
