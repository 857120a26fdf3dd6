import type { Fact, Released } from '../facts.ts';
import type { AttemptOutcome, Decision } from '../outcome.ts';
import { isSampled } from './trace-context.ts';

/** Whose spans they are. */
export interface TracedDelivery {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly tenant?: string | undefined;
  /** What the records of the message carry. */
  readonly traceparent?: string | undefined;
}

/** A fact about one delivery with its details beside it: a record taken apart, or what the query API shows of one. */
export interface TracedFact extends Partial<Omit<AttemptOutcome, 'phase' | 'scope'>> {
  readonly type: string;
  /** ms since the epoch */
  readonly at: number;
  /** 0 before the first. */
  readonly release: number;
  /** Where it is known: what it changed, as `lifecycle` says. */
  readonly transition?: string;
  readonly cause?: string;
  readonly phase?: string;
  readonly scope?: string;
  readonly domain?: string;
  readonly class?: string;
  readonly pool?: string;
  readonly protocol?: string;
  readonly size?: number;
  readonly acceptedAt?: number;
  readonly heldSince?: number;
  readonly reasons?: readonly string[];
  readonly path?: string;
  readonly decision?: Decision;
  readonly policyVersion?: string;
  readonly attempts?: number;
}

/** Whether it belongs to a delivery that was sampled, or to one that its receiver has put off before. */
export function isTraced(traceparent: string | undefined, attempt: number | undefined): boolean {
  return isSampled(traceparent) || (attempt !== undefined && attempt > 1);
}

/** Of a record about one delivery: what is traced of it, or undefined. Cheap, since most are not. */
export function tracedFact(
  record: Exclude<Fact, Released>,
): { delivery: TracedDelivery; fact: TracedFact } | undefined {
  const { type, at, release = 0, deliveryId, messageId, tenant, traceparent, body } = record;
  if (deliveryId === undefined || messageId === undefined) return undefined;
  if (!isTraced(traceparent, attemptOf(record))) return undefined;
  return { delivery: { deliveryId, messageId, tenant, traceparent }, fact: { ...body, type, at, release } };
}

/** The attempt that a fact is about; none where it is about waiting. */
function attemptOf({ type, body }: Exclude<Fact, Released>): number | undefined {
  // The end comes after the attempts: it is traced as one more would be.
  if (type === 'dropped') return body.attempts + 1;
  return 'attempt' in body ? body.attempt : undefined;
}
