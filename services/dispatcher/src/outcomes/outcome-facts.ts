/** What the dispatcher says about one delivery of an attempt. Pure. */
import {
  type AttemptDelivery,
  type AttemptOutcome,
  type Bounced,
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

type Told = 'delivered' | 'bounced' | 'deferred' | 'outcome_unknown' | 'handed_back';

function envelope<T extends Told, B>(
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
  const version = 1 as const;
  if (traceparent === undefined) {
    return { id, type, version, at, partition, deliveryId, messageId, tenant, release, body };
  }
  return { id, type, version, at, partition, deliveryId, messageId, tenant, release, traceparent, body };
}

/** While it is made: what may be missing is added at the end, which is a third of the time of spreading it in. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

function outcome(attempt: PendingAttempt, delivery: AttemptDelivery, met: Met): AttemptOutcome {
  const { source, site, provider } = attempt.command.body;
  const { phase, verdict, scope = verdict.scope, host, reply, tls, timings } = met;
  const found: Writable<AttemptOutcome> = {
    attempt: delivery.attempt,
    source,
    site,
    phase,
    scope,
    verdict,
    timings,
  };
  if (host) found.host = host;
  if (reply) found.reply = reply;
  if (provider !== undefined) found.provider = provider;
  if (tls !== undefined) found.tls = tls;
  if (delivery.mayDuplicate) found.mayDuplicate = true;
  return found;
}

export function delivered(attempt: PendingAttempt, delivery: AttemptDelivery, at: number, met: Met): Fact {
  return envelope(attempt, delivery, at, 'delivered', 'accepted', outcome(attempt, delivery, met));
}

export function bounced(attempt: PendingAttempt, delivery: AttemptDelivery, at: number, met: Met): Fact {
  const body: Bounced['body'] = { ...outcome(attempt, delivery, met), recipient: delivery.content.recipient };
  return envelope(attempt, delivery, at, 'bounced', 'refused', body);
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
