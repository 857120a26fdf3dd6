/** One fact of a delivery in one sentence. */
import {
  type AttemptOutcome,
  assertNever,
  type Decision,
  type Deferred,
  type Dropped,
  type Fact,
  HOLD_REASON_TEXTS,
  type OutcomeUnknown,
  type Processed,
  type Released,
  type SmtpReply,
} from '@penstock/events';
import { byteCount, counted, duration } from './quantities.ts';

export function factText(fact: Fact): string {
  switch (fact.type) {
    case 'processed':
      return processed(fact);
    case 'released':
      return released(fact);
    case 'deferred':
      return deferred(fact);
    case 'delivered':
      return `${answer(fact.body)}${again(fact.body)}`;
    case 'bounced':
      return `${answer(fact.body)}, for good`;
    case 'outcome_unknown':
      return outcomeUnknown(fact);
    case 'handed_back':
      return `to its lane, nothing was sent: ${words(fact.body.cause)} at ${fact.body.source}`;
    case 'dropped':
      return dropped(fact);
    case 'partition_claimed':
      return `by ${fact.body.owner}`;
    default:
      return assertNever(fact);
  }
}

function processed({ at, body }: Processed): string {
  const later = body.sendAt > at ? `, to be sent in ${duration(body.sendAt - at)}` : '';
  return `${body.class} mail for ${body.domain}, ${byteCount(body.size)} over ${body.protocol}, pool ${body.pool}${later}`;
}

function released({ body }: Released): string {
  const [delivery] = body.deliveries;
  const attempt = delivery ? `attempt ${delivery.attempt} ` : '';
  const doubt = delivery?.mayDuplicate ? ', may be a repeat' : '';
  return `${attempt}through ${body.source} to ${body.provider ?? body.site}${passedOver(body.decision)}${doubt}`;
}

function passedOver({ passedOver: sources }: Decision): string {
  if (sources.length === 0) return '';
  const names = sources.map(({ source, reason }) => `${source} (${HOLD_REASON_TEXTS[reason]})`);
  return `, passing over ${names.join(', ')}`;
}

function deferred({ at, body }: Deferred): string {
  if (body.cause === 'remote') {
    const wait = body.retryAfterMs === undefined ? '' : `; again after ${duration(body.retryAfterMs)}`;
    return `by the receiver: ${answer(body)}${wait}`;
  }
  const held = duration(Math.max(0, at - body.heldSince));
  const until = body.until === undefined ? '' : `; until ${new Date(body.until).toISOString()}`;
  return `held by us for ${held}: ${body.text}${until}`;
}

function outcomeUnknown({ body }: OutcomeUnknown): string {
  if (body.cause === 'no_outcome') return `attempt ${body.attempt} never reported back`;
  const host = body.host ? ` by ${body.host.name}` : '';
  return `attempt ${body.attempt}: the connection was cut${host} after the final dot, the receiver may have it`;
}

function dropped({ body }: Dropped): string {
  const spent = `${counted(body.attempts, 'attempt')}; ${duration(body.heldMs)} held by us, ${duration(body.remoteMs)} waiting for the receiver`;
  const last = body.lastReply ? `; last reply: ${replyText(body.lastReply)}` : holds(body);
  return `${words(body.cause)} after ${spent}${last}`;
}

function holds({ lastHold }: Dropped['body']): string {
  if (!lastHold || lastHold.length === 0) return '';
  return `; last held because: ${lastHold.map((reason) => HOLD_REASON_TEXTS[reason]).join(', ')}`;
}

function answer(outcome: AttemptOutcome): string {
  const host = outcome.host ? ` from ${outcome.host.name}` : '';
  const said = outcome.reply ? replyText(outcome.reply) : words(outcome.verdict.cause);
  const took = outcome.timings.transactionMs === undefined ? '' : ` in ${duration(outcome.timings.transactionMs)}`;
  const meant = outcome.reply && outcome.verdict.disposition !== 'deliver' ? ` [${words(outcome.verdict.cause)}]` : '';
  return `${said}${meant} at ${words(outcome.phase)}${host}${took} (${outcome.source}, attempt ${outcome.attempt})`;
}

function again({ mayDuplicate }: AttemptOutcome): string {
  return mayDuplicate ? ', may be a repeat' : '';
}

function replyText({ code, enhanced, text }: SmtpReply): string {
  const extended = enhanced !== undefined && !text.startsWith(enhanced) ? `${enhanced} ` : '';
  return `${code} ${extended}${text}`;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}
