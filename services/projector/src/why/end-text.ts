import { type AttemptOutcome, assertNever, type DropCause, type Dropped, type HandBackCause } from '@penstock/events';
import type { ArchivedFact } from '../archive/archive-entries.ts';
import { count, holdTexts, meaning, replyText, span, time } from './words.ts';

const HAND_BACKS: Readonly<Record<HandBackCause, string>> = {
  not_started: 'no connection was free in time',
  path_suspended: 'its path was suspended before its turn',
  connection_ended: 'its connection ended before its turn',
  in_doubt: 'its owner was replaced, and may have sent it',
  shutdown: 'the dispatcher was stopping',
};

const DROPS: Readonly<Record<DropCause, string>> = {
  expired: 'the time in which it could be delivered had passed',
  outcome_unknown: 'it was tried too often without an answer',
  suppressed: 'the address is suppressed: nothing is sent to it',
  cancelled: 'it was cancelled',
};

/** What an attempt, or a delivery, came to. @param dueAt when it may be tried again, where it may */
export function endText(fact: ArchivedFact, dueAt?: number): string {
  const again = dueAt === undefined ? '' : ` It may be tried again from ${time(dueAt)} on.`;
  switch (fact.type) {
    case 'delivered':
      return fact.body.reply
        ? `${hostOf(fact.body)} took it: ${replyText(fact.body.reply)}.`
        : 'It is taken to have arrived.';
    case 'bounced':
      return `${said(fact.body)} That is for good.`;
    case 'deferred':
      if (fact.body.cause === 'held') return `It waits for us: ${holdTexts(fact.body.reasons)}.`;
      return `${said(fact.body)} That is for the moment.${again}`;
    case 'outcome_unknown':
      return fact.body.cause === 'connection_lost'
        ? `The connection ended before the receiver answered, so it may have it.${again}`
        : `Nothing was heard of this attempt in time.${again}`;
    case 'handed_back':
      return `It came back unsent, which costs no attempt: ${HAND_BACKS[fact.body.cause]}.${again}`;
    case 'dropped':
      return dropText(fact.body);
    case 'processed':
    case 'released':
    case 'partition_claimed':
      return '';
    default:
      return assertNever(fact);
  }
}

function said(outcome: AttemptOutcome): string {
  const { reply, verdict, phase } = outcome;
  const meant = meaning(verdict.cause);
  if (!reply) return `At ${phase}: ${meant}.`;
  const text = replyText(reply).replace(/\.$/, '');
  return `${hostOf(outcome)} said at ${phase}: ${text}. Understood as: ${meant}.`;
}

function hostOf({ host, provider, site }: AttemptOutcome): string {
  return host?.name ?? provider ?? site;
}

function dropText({ cause, attempts, heldMs, remoteMs, lastReply, lastHold, suppression }: Dropped['body']): string {
  const why = suppression === undefined ? DROPS[cause] : `${DROPS[cause]} (${suppression})`;
  const spent = `${count(attempts, 'attempt', 'attempts')}; ${span(heldMs)} held by us, ${span(remoteMs)} for the receiver`;
  const hold = lastHold && lastHold.length > 0 ? ` Last held because: ${holdTexts(lastHold)}.` : '';
  const reply = lastReply ? ` The receiver's last reply: ${replyText(lastReply)}.` : '';
  return `It was dropped because ${why}, after ${spent}.${hold}${reply}`;
}
