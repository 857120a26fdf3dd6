/** Times, spans and replies in the words of an explanation. */
import { HOLD_REASON_TEXTS, type HoldReason, type SmtpReply } from '@penstock/events';
import { CAUSE_MEANINGS } from '@penstock/mail';
import { shownReply } from '../queries/shown-reply.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** 2026-01-31 14:02:00Z */
export function time(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

/** 40 ms, 12 s, 3 min, 2 h 5 min */
export function span(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  const minutes = Math.round((ms % HOUR) / MINUTE);
  return `${Math.floor(ms / HOUR)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
}

export function holdTexts(reasons: readonly HoldReason[]): string {
  return reasons.map((reason) => HOLD_REASON_TEXTS[reason] ?? words(reason)).join(', ');
}

export function replyText(stored: SmtpReply): string {
  const { code, enhanced, text } = shownReply(stored);
  return enhanced !== undefined && !text.startsWith(enhanced) ? `${code} ${enhanced} ${text}` : `${code} ${text}`;
}

const MEANINGS: Readonly<Record<string, string>> = CAUSE_MEANINGS;

/** What a verdict's cause means, in a few words. */
export function meaning(cause: string): string {
  return MEANINGS[cause] ?? words(cause);
}

export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** `one delivery`, `3 deliveries` */
export function count(n: number, singular: string, plural: string): string {
  return n === 1 ? `one ${singular}` : `${n} ${plural}`;
}
