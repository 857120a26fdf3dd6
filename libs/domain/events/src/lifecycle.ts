/**
 * What counts: the one fold that says what a record changes for its delivery. Scheduler, projector and
 * checkers all use it; projections count its transitions, never records.
 */
import type { Fact } from './facts.ts';

export type TerminalType = 'delivered' | 'bounced' | 'dropped';

export interface LifecycleState {
  /** Number of the last valid release, 0 before the first. */
  readonly release: number;
  /** Attempts that cost one. */
  readonly attempts: number;
  /** Whether the last release still waits for its outcome. */
  readonly open: boolean;
  /** Id of the fact that closed the last release. */
  readonly closedBy?: string;
  /** Id of the last held notice. */
  readonly notedBy?: string;
  readonly terminal?: { readonly type: TerminalType; readonly id: string; readonly release: number };
}

export type Transition =
  /** `processed`: the delivery exists. */
  | 'accepted'
  /** `released`: an attempt is open. */
  | 'opened'
  /** `handed_back`, remote `deferred` or `outcome_unknown`: the attempt is closed, the delivery waits again. */
  | 'closed'
  /** The terminal fact. */
  | 'ended'
  /** Held `deferred`: something to show, nothing to count. */
  | 'noted'
  /** What an attempt met, told after the fact that counts: kept, a `delivered` counted as a duplicate, changes nothing. */
  | 'late'
  /** The same record again. */
  | 'repeat'
  /** Void: a stale epoch, or a record whose condition no longer holds. */
  | 'stale'
  /** About a delivery this fold never saw accepted. */
  | 'unknown';

export interface Step {
  readonly transition: Transition;
  /** The state after; the same object where nothing changed. */
  readonly state: LifecycleState | undefined;
}

/** Facts about one delivery; a `released` batch is taken apart with `deliveryFacts`. */
export type LifecycleFact = {
  readonly id: string;
  readonly type: Exclude<Fact['type'], 'partition_claimed'>;
  readonly release: number;
  readonly epoch?: number;
  readonly held: boolean;
};

/** The (delivery, fact) pairs a record is about: none for a claim, many for a batch. */
export function deliveryFacts(record: Fact): readonly { deliveryId: string; fact: LifecycleFact }[] {
  if (record.type === 'partition_claimed') return [];
  if (record.type === 'released') {
    return record.body.deliveries.map(({ deliveryId, release }) => ({
      deliveryId,
      fact: lifecycleFact(record, release, false),
    }));
  }
  if (record.deliveryId === undefined) return [];
  const held = record.type === 'deferred' && record.body.cause === 'held';
  return [{ deliveryId: record.deliveryId, fact: lifecycleFact(record, record.release ?? 0, held) }];
}

/** Spelled out twice, for it is made for every fact there is: spreading an envelope costs several times as much. */
function lifecycleFact(
  { id, type, epoch }: Exclude<Fact, { type: 'partition_claimed' }>,
  release: number,
  held: boolean,
): LifecycleFact {
  return epoch === undefined ? { id, type, release, held } : { id, type, epoch, release, held };
}

/**
 * One step. `epoch` is the partition's valid epoch where the record stands (see claims.ts): what a scheduler
 * wrote under another one is void.
 */
export function lifecycle(before: LifecycleState | undefined, fact: LifecycleFact, epoch: number | undefined): Step {
  if (fact.type === 'processed') {
    return before === undefined ? accepted() : { transition: 'repeat', state: before };
  }
  if (before === undefined) return { transition: 'unknown', state: before };
  if (fact.epoch !== undefined && fact.epoch !== epoch) return { transition: 'stale', state: before };
  if (fact.type === 'released') return released(before, fact);
  if (fact.type === 'dropped') return dropped(before, fact);
  return fact.held ? noted(before, fact) : outcome(before, fact);
}

function accepted(): Step {
  return { transition: 'accepted', state: { release: 0, attempts: 0, open: false } };
}

function released(before: LifecycleState, fact: LifecycleFact): Step {
  if (before.terminal) return { transition: 'stale', state: before };
  if (fact.release === before.release) return { transition: 'repeat', state: before };
  if (before.open || fact.release !== before.release + 1) return { transition: 'stale', state: before };
  return { transition: 'opened', state: { ...before, release: fact.release, open: true } };
}

function dropped(before: LifecycleState, fact: LifecycleFact): Step {
  if (before.terminal) return { transition: before.terminal.id === fact.id ? 'repeat' : 'stale', state: before };
  // Void while an attempt is open: its outcome may still be `delivered`.
  if (before.open) return { transition: 'stale', state: before };
  return ended(before, fact, 'dropped');
}

function noted(before: LifecycleState, fact: LifecycleFact): Step {
  if (before.notedBy === fact.id) return { transition: 'repeat', state: before };
  if (before.terminal || before.open || fact.release !== before.release) return { transition: 'stale', state: before };
  return { transition: 'noted', state: { ...before, notedBy: fact.id } };
}

function outcome(before: LifecycleState, fact: LifecycleFact): Step {
  if (before.closedBy === fact.id || before.terminal?.id === fact.id) return { transition: 'repeat', state: before };
  if (before.terminal) return { transition: tellsOfAttempt(fact) ? 'late' : 'stale', state: before };
  if (fact.release < 1 || fact.release > before.release) return { transition: 'stale', state: before };
  if (before.open && fact.release === before.release) return close(before, fact);
  // The receiver has the message, whatever we believed meanwhile.
  if (fact.type === 'delivered') return ended(before, fact, 'delivered');
  return { transition: tellsOfAttempt(fact) ? 'late' : 'stale', state: before };
}

/**
 * Whether a receiver may have met this attempt. What was handed back had its turn elsewhere or never; what the
 * scheduler writes when nothing came back only closes, and is void where something had come.
 */
function tellsOfAttempt(fact: LifecycleFact): boolean {
  return fact.type !== 'handed_back' && fact.epoch === undefined;
}

function close(before: LifecycleState, fact: LifecycleFact): Step {
  const attempts = before.attempts + (fact.type === 'handed_back' ? 0 : 1);
  const closed: LifecycleState = { ...before, attempts, open: false, closedBy: fact.id };
  if (fact.type === 'delivered' || fact.type === 'bounced') return ended(closed, fact, fact.type);
  return { transition: 'closed', state: closed };
}

function ended(before: LifecycleState, fact: LifecycleFact, type: TerminalType): Step {
  return {
    transition: 'ended',
    state: { ...before, open: false, terminal: { type, id: fact.id, release: fact.release } },
  };
}
