/** Hand-made histories for specs: a run in which everything is right, and ways to spoil it. */
import type { Disturbance, Fact, HistoryEntry, ReceiverLimit, Reception, Submission } from '../history.ts';
import type { CheckOptions } from './check-options.ts';

export const LIMIT: ReceiverLimit = { provider: 'narrow', from: '127.0.0.11', limit: 100, periodMs: 1_000 };

export const OPTIONS: CheckOptions = {
  limits: [LIMIT],
  drainMs: 1_000,
  takeoverWaitMs: 60_000,
  retryMs: 5_000,
  unknownRetryMs: 10_000,
  sessionMs: 30_000,
  catchUp: 0,
};

/** How the mail of a history goes, besides being due when it is submitted. */
export interface Course {
  readonly id: string;
  readonly at: number;
  readonly notBefore?: number;
  readonly ended?: Submission['ended'];
  /** By when it is received, one for each release; the first release is not marked, the others are. */
  readonly receivedAt: readonly number[];
}

/** Everything about one mail: where it is received more than once, the outcomes before the last were in doubt. */
export function course({ id, at, notBefore, ended = 'ok', receivedAt }: Course): HistoryEntry[] {
  const entries: HistoryEntry[] = [submission(id, { at, answeredAt: at + 5, ended, ...(notBefore && { notBefore }) })];
  let offset = at;
  const note = (type: string, when: number, more: Partial<Fact> = {}) =>
    entries.push(fact(id, type, { at: when, offset: offset++, ...more }));
  note('processed', at);
  for (const [index, received] of receivedAt.entries()) {
    const release = index + 1;
    const isLast = release === receivedAt.length;
    note('released', received - 4, { release, ...(index > 0 && { mayDuplicate: true }) });
    entries.push(reception(id, { at: received }));
    if (isLast) note('delivered', received + 4, { release, terminal: true });
    else note('handed_back', (receivedAt[release] ?? received) - 5, { release, cause: 'in_doubt' });
  }
  return entries;
}

export function submission(id: string, more: Partial<Submission> = {}): Submission {
  return { kind: 'submission', at: 0, answeredAt: 5, id, over: 'http', ended: 'ok', messageId: `msg-${id}`, ...more };
}

export function reception(id: string, more: Partial<Reception> = {}): Reception {
  return { kind: 'reception', at: 0, id, provider: LIMIT.provider, from: LIMIT.from, answered: true, ...more };
}

export function fact(mail: string, type: string, more: Partial<Fact> = {}): Fact {
  const ids = { id: `${mail}-${type}-${more.release ?? 0}`, deliveryId: `msg-${mail}.0.0`, messageId: `msg-${mail}` };
  const place = { partition: Number.parseInt(mail.slice(1), 10) || 0, offset: 0, at: 0 };
  return { kind: 'fact', mail, ...ids, ...place, type, counts: 'transition', terminal: false, ...more };
}

export function disturbance(more: Partial<Disturbance> = {}): Disturbance {
  return { kind: 'disturbance', at: 0, until: 1_000, fault: 'sigkill', target: 'dispatcher-1', ...more };
}

/** So many mails, one every 20 ms, each received 10 ms after. */
export function calm(count: number): HistoryEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * 20;
    return course({ id: `m${index}`, at, receivedAt: [at + 10] });
  }).flat();
}
