/** What the dispatcher says about one delivery of an attempt. Pure. */
import {
  type AttemptDelivery,
  type AttemptOutcome,
  type Envelope,
  type Fact,
  factId,
  type HandBackCause,
  type Host,
  type Phase,
  type Scope,
  type SmtpReply,
  type Timings,
  type Verdict,
} from '@penstock/events';
import type { PendingAttempt } from '../commands/pending-attempt.ts';

/** What the attempt met, the same for each of its deliveries or one recipient's own. */
export interface Met {
  readonly phase: Phase;
  readonly verdict: Verdict;
  readonly scope?: Scope;
  readonly host?: Host | undefined;
  readonly reply?: SmtpReply | undefined;
  readonly tls?: string | undefined;
  readonly timings: Timings;
}

type Writable = 'delivered' | 'bounced' | 'deferred' | 'outcome_unknown' | 'handed_back';

function envelope<T extends Writable, B>(
  attempt: PendingAttempt,
  delivery: AttemptDelivery,
  at: number,
  type: T,
  cause: string,
  body: B,
): Envelope<T, B> {
  const { deliveryId, messageId, tenant, release, traceparent } = delivery;
  const id = factId(deliveryId, release, type, cause);
  const { partition } = attempt.command;
  const head = { id, type, version: 1 as const, at, partition, deliveryId, messageId, tenant, release };
  return traceparent === undefined ? { ...head, body } : { ...head, traceparent, body };
}

function outcome(attempt: PendingAttempt, delivery: AttemptDelivery, met: Met): AttemptOutcome {
  const { source, site, provider } = attempt.command.body;
  return {
    attempt: delivery.attempt,
    source,
    site,
    ...(provider === undefined ? {} : { provider }),
    phase: met.phase,
    scope: met.scope ?? met.verdict.scope,
    ...(met.host ? { host: met.host } : {}),
    ...(met.reply ? { reply: met.reply } : {}),
    verdict: met.verdict,
    timings: met.timings,
    ...(met.tls === undefined ? {} : { tls: met.tls }),
    ...(delivery.mayDuplicate ? { mayDuplicate: true } : {}),
  };
}

export function delivered(attempt: PendingAttempt, delivery: AttemptDelivery, at: number, met: Met): Fact {
  return envelope(attempt, delivery, at, 'delivered', 'accepted', outcome(attempt, delivery, met));
}

export function bounced(attempt: PendingAttempt, delivery: AttemptDelivery, at: number, met: Met): Fact {
  return envelope(attempt, delivery, at, 'bounced', 'refused', outcome(attempt, delivery, met));
}

export interface Again {
  readonly retryAfterMs?: number | undefined;
  readonly nxdomainSince?: number;
}

export function deferred(
  attempt: PendingAttempt,
  delivery: AttemptDelivery,
  at: number,
  met: Met,
  { retryAfterMs, nxdomainSince }: Again = {},
): Fact {
  return envelope(attempt, delivery, at, 'deferred', 'remote', {
    cause: 'remote' as const,
    ...outcome(attempt, delivery, met),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(nxdomainSince === undefined ? {} : { nxdomainSince }),
  });
}

export function outcomeUnknown(attempt: PendingAttempt, delivery: AttemptDelivery, at: number, met: Met): Fact {
  const body = { cause: 'connection_lost' as const, ...outcome(attempt, delivery, met) };
  return envelope(attempt, delivery, at, 'outcome_unknown', 'connection_lost', body);
}

export function handedBack(
  attempt: PendingAttempt,
  delivery: AttemptDelivery,
  at: number,
  cause: HandBackCause,
  until?: number,
): Fact {
  return envelope(attempt, delivery, at, 'handed_back', cause, {
    cause,
    source: attempt.command.body.source,
    attempt: delivery.attempt,
    ...(until === undefined ? {} : { until }),
  });
}
