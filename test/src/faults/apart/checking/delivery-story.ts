import type { TerminalType } from '@penstock/events';
import type { DeliveryFacts, TimedFact } from './dossiers.ts';

/** The facts of one delivery, folded as far as a checker asks. */
export interface DeliveryStory {
  readonly deliveryId: string;
  readonly messageId: string;
  /** `processed` stands in the log. */
  accepted: boolean;
  /** When it was written, ms of the run; 0 until then. */
  acceptedAt: number;
  /** Terminal transitions, in order: there may be one. */
  readonly ends: TimedFact[];
  /** When releases waited for their outcome. */
  readonly openings: Opening[];
  /** Valid releases that said the receiver may already have it. */
  marked: number;
  /** Of these, the ones before which nothing was in doubt: who marks everything hides what is repeated. */
  unfounded: number;
  /** Outcomes that nobody could know. */
  doubts: number;
  /** Attempts that a receiver put off. */
  deferrals: number;
  unknowns: number;
  /** Outcomes the log may not hold, each in words. */
  readonly contradictions: string[];
}

export interface Opening {
  readonly from: number;
  /** Infinite where nothing ever closed it. */
  readonly to: number;
}

/** What tells of an attempt and would have ended the delivery. */
const OUTCOMES = new Set(['delivered', 'bounced']);

export function deliveryStory({ deliveryId, messageId, facts }: DeliveryFacts): DeliveryStory {
  const story = newStory(deliveryId, messageId);
  const teller = new Teller(story);
  for (const fact of facts) teller.tell(fact);
  teller.rest();
  return story;
}

function newStory(deliveryId: string, messageId: string): DeliveryStory {
  const counts = { marked: 0, unfounded: 0, doubts: 0, deferrals: 0, unknowns: 0 };
  return {
    deliveryId,
    messageId,
    accepted: false,
    acceptedAt: 0,
    ends: [],
    openings: [],
    contradictions: [],
    ...counts,
  };
}

class Teller {
  private readonly story: DeliveryStory;
  /** When the last release was made, while it waits. */
  private openSince: number | undefined;
  private readonly releases = new Set<number>();
  /** Ids of records: an append whose answer was lost comes again, long after too. */
  private readonly outcomes = new Set<string>();

  constructor(story: DeliveryStory) {
    this.story = story;
  }

  tell(fact: TimedFact): void {
    if (fact.counts === 'transition') this.transition(fact);
    else this.aside(fact);
    this.outcomes.add(fact.id);
  }

  /** The log is over. */
  rest(): void {
    if (this.openSince !== undefined) this.story.openings.push({ from: this.openSince, to: Number.POSITIVE_INFINITY });
  }

  private accept({ writtenAt }: TimedFact): void {
    this.story.accepted = true;
    this.story.acceptedAt = writtenAt;
  }

  private transition(fact: TimedFact): void {
    if (fact.type === 'processed') this.accept(fact);
    else if (fact.type === 'released') this.release(fact);
    else this.outcome(fact);
  }

  private release(fact: TimedFact): void {
    this.openSince = fact.writtenAt;
    if (fact.release !== undefined) this.releases.add(fact.release);
    if (!fact.mayDuplicate) return;
    this.story.marked += 1;
    if (this.story.doubts === 0) this.story.unfounded += 1;
  }

  private outcome(fact: TimedFact): void {
    if (this.openSince !== undefined) this.story.openings.push({ from: this.openSince, to: fact.writtenAt });
    this.openSince = undefined;
    if (isDoubt(fact)) this.story.doubts += 1;
    if (fact.type === 'outcome_unknown') this.story.unknowns += 1;
    if (fact.type === 'deferred' && fact.cause === 'remote') this.story.deferrals += 1;
    if (fact.terminal) this.story.ends.push(fact);
  }

  /** A repeat, a late or a void fact changes nothing, but what it says must have been possible. */
  private aside(fact: TimedFact): void {
    if (!OUTCOMES.has(fact.type) || fact.counts === 'repeat' || this.outcomes.has(fact.id)) return;
    const { deliveryId, doubts, marked, contradictions } = this.story;
    if (fact.release === undefined || !this.releases.has(fact.release)) {
      contradictions.push(`${deliveryId}: ${fact.type} of release ${fact.release}, which the log does not hold`);
    } else if (doubts === 0 && marked === 0) {
      contradictions.push(
        `${deliveryId}: ${fact.type} of release ${fact.release} after its end, and nothing was in doubt`,
      );
    }
  }
}

function isDoubt({ type, cause }: TimedFact): boolean {
  return type === 'outcome_unknown' || (type === 'handed_back' && cause === 'in_doubt');
}

/** Type of the fact that ended it. */
export function endOf({ ends }: DeliveryStory): TerminalType | undefined {
  const type = ends[0]?.type;
  return type === 'delivered' || type === 'bounced' || type === 'dropped' ? type : undefined;
}
