/** Why each attempt went when and where it did, from the facts alone. */
import type { Decision, HeldDeferral, Released } from '@penstock/events';
import type { ArchivedFact } from '../archive/archive-entries.ts';
import type { JudgedFact } from '../queries/delivery-history.ts';
import { endText } from './end-text.ts';
import { count, holdTexts, span, time } from './words.ts';

/** One attempt, and why it was made so. */
export interface AttemptWhy {
  /** When it was released, ms since the epoch. */
  readonly at: number;
  readonly attempt: number;
  readonly release: number;
  readonly source: string;
  readonly site: string;
  readonly provider?: string;
  /** Sentences, in the order of the decision: when, through which source, and within which limits. */
  readonly because: readonly string[];
  /** What came of it; absent while it is open. */
  readonly outcome?: { readonly type: string; readonly at: number; readonly text: string };
}

/** Anything more often is a gap in the log, not a delay of ours. */
const AT_ONCE_MS = 1_000;

export function attemptReasons(facts: readonly JudgedFact[]): readonly AttemptWhy[] {
  const telling = new Telling();
  for (const fact of facts) telling.take(fact);
  return telling.attempts;
}

class Telling {
  readonly attempts: AttemptWhy[] = [];
  private due = 0;
  private isFirst = true;
  private notices: (HeldDeferral & { readonly at: number })[] = [];

  take({ fact, transition, dueAt }: JudgedFact): void {
    if (fact.type === 'processed') this.due = Math.max(fact.body.acceptedAt, fact.body.sendAt ?? 0);
    if (transition === 'noted' && fact.type === 'deferred' && fact.body.cause === 'held') {
      this.notices.push({ ...fact.body, at: fact.at });
    }
    if (transition === 'opened' && fact.type === 'released') this.open(fact);
    if (transition === 'closed' || (transition === 'ended' && fact.type !== 'dropped')) this.close(fact, dueAt);
  }

  private open({ at, body }: Released): void {
    const { source, site, provider, deliveries, decision, warming } = body;
    const { attempt = 1, release = 1, mayDuplicate } = deliveries[0] ?? {};
    const because = [
      ...this.timing(at),
      `It went through ${source} to ${provider === undefined ? site : `${provider} (${site})`}.`,
      ...choice(decision),
      ...(warming ? [`${source} was in warm-up.`] : []),
      ...(mayDuplicate ? ['An earlier attempt may have arrived, so this may have been a repeat.'] : []),
      `This was decided under policy ${body.policyVersion}, knowing mail.control up to offset ${body.controlOffset}.`,
    ];
    this.attempts.push({ at, attempt, release, source, site, ...(provider !== undefined && { provider }), because });
    this.notices = [];
    this.isFirst = false;
  }

  private timing(at: number): readonly string[] {
    const { due, notices } = this;
    const last = notices.at(-1);
    const lines = this.isFirst ? [] : [`It was due again at ${time(due)}.`];
    if (last) {
      const told = count(notices.length, 'notice', 'notices');
      lines.push(`It waited for us since ${time(last.heldSince)} (${told}): ${holdTexts(last.reasons)}.`);
    } else if (at - due < AT_ONCE_MS) lines.push('It went as soon as it was due.');
    else lines.push(`It went ${span(at - due)} after it was due: others were before it, or its path had no room.`);
    return lines;
  }

  private close(fact: ArchivedFact, dueAt: number | undefined): void {
    const open = this.attempts.at(-1);
    this.due = dueAt ?? this.due;
    if (!open || open.outcome || fact.release !== open.release) return;
    const outcome = { type: fact.type, at: fact.at, text: endText(fact, dueAt) };
    this.attempts[this.attempts.length - 1] = { ...open, outcome };
  }
}

function choice({ passedOver, credit, budgets }: Decision): readonly string[] {
  const others = passedOver.map(({ source, reason, until }) => {
    const end = until === undefined ? '' : `, until ${time(until)}`;
    return `${source} was passed over: ${holdTexts([reason])}${end}.`;
  });
  return [
    ...(others.length > 0 ? others : ['No source that could have come before it was passed over.']),
    `On that path ${credit.used} of the ${credit.limit} deliveries that may be on their way at once were.`,
    ...budgets.map(({ key, left }) => `The budget ${key} had ${Math.floor(left)} left.`),
  ];
}
