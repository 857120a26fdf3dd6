/** One fact of a delivery in one sentence. */
import { HOLD_REASON_TEXTS, type HoldReason, type SmtpReply } from '@penstock/events';
import type { FactView } from '../api/views.ts';
import { byteCount, counted, duration } from './quantities.ts';

type Sentence = (fact: FactView) => string;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  processed,
  released,
  deferred: (fact) => (fact.cause === 'held' ? held(fact) : `by the receiver: ${answer(fact)}${nextTry(fact)}`),
  delivered: (fact) => `${answer(fact)}${doubt(fact)}`,
  bounced: (fact) => `${answer(fact)}, for good`,
  outcome_unknown: outcomeUnknown,
  handed_back: (fact) => `to its lane unsent: ${words(fact.cause)} (${fact.source})`,
  dropped,
};

/** Void and repeated facts say so: they changed nothing. */
export function factText(fact: FactView): string {
  const text = SENTENCES[fact.type]?.(fact) ?? '';
  return VOID.has(fact.transition) ? `${text} [${fact.transition}: changed nothing]` : text;
}

const VOID: ReadonlySet<string> = new Set(['late', 'repeat', 'stale', 'unknown']);

function processed({ at, sendAt, class: trafficClass, domain, size, protocol, pool }: FactView): string {
  const later = sendAt !== undefined && sendAt > at ? `, to be sent in ${duration(sendAt - at)}` : '';
  return `${trafficClass} mail for ${domain}, ${byteCount(size ?? 0)} over ${protocol}, pool ${pool}${later}`;
}

function released(fact: FactView): string {
  return `attempt ${fact.attempt} through ${fact.source} to ${fact.provider ?? fact.site}${passedOver(fact)}${doubt(fact)}`;
}

function passedOver({ decision }: FactView): string {
  const sources = decision?.passedOver ?? [];
  if (sources.length === 0) return '';
  return `, passing over ${sources.map(({ source, reason }) => `${source} (${reasonText(reason)})`).join(', ')}`;
}

function held({ at, heldSince, text }: FactView): string {
  return `held by us for ${duration(Math.max(0, at - (heldSince ?? at)))}: ${text}`;
}

function nextTry({ at, retryAt }: FactView): string {
  return retryAt === undefined ? '' : `; again in ${duration(Math.max(0, retryAt - at))}`;
}

function outcomeUnknown(fact: FactView): string {
  if (fact.cause === 'no_outcome') return `attempt ${fact.attempt} never reported back${nextTry(fact)}`;
  const host = fact.host ? ` by ${fact.host.name}` : '';
  return `attempt ${fact.attempt}: cut off${host} after the final dot, so the receiver may have it${nextTry(fact)}`;
}

function dropped({ cause, attempts, heldMs, remoteMs, lastReply, lastHold, suppression }: FactView): string {
  const why = suppression === undefined ? words(cause) : `${words(cause)} (${suppression})`;
  const spent = `${counted(attempts ?? 0, 'attempt')}; held by us ${duration(heldMs ?? 0)}, waiting for the receiver ${duration(remoteMs ?? 0)}`;
  const reply = lastReply ? `; its last reply: ${replyText(lastReply)}` : '';
  const hold = lastHold && lastHold.length > 0 ? `; last held because: ${lastHold.map(reasonText).join(', ')}` : '';
  return `${why} after ${spent}${reply}${hold}`;
}

function answer({ reply, verdict, phase, host, timings, source, attempt }: FactView): string {
  const said = reply ? replyText(reply) : words(verdict?.cause);
  const meant = reply && verdict?.disposition !== 'deliver' ? ` [${words(verdict?.cause)}]` : '';
  const from = host ? ` from ${host.name}` : '';
  const took = timings?.transactionMs === undefined ? '' : ` in ${duration(timings.transactionMs)}`;
  return `${said}${meant} at ${words(phase)}${from}${took} (${source}, attempt ${attempt})`;
}

function doubt({ mayDuplicate }: FactView): string {
  return mayDuplicate ? ', may be a repeat' : '';
}

export function replyText({ code, enhanced, text }: SmtpReply): string {
  const extended = enhanced !== undefined && !text.startsWith(enhanced) ? `${enhanced} ` : '';
  return `${code} ${extended}${text}`;
}

function reasonText(reason: HoldReason): string {
  return HOLD_REASON_TEXTS[reason] ?? words(reason);
}

export function words(name: string | undefined): string {
  return (name ?? 'unknown').replaceAll('_', ' ');
}
