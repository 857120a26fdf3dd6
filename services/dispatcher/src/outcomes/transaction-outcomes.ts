/** What a transaction's end means for each of its deliveries. Pure. */
import { type AttemptDelivery, type Fact, type Host, isSourceBlocked, type Timings } from '@penstock/events';
import { classifyReply, retryHintMs } from '@penstock/mail';
import type { RetryPolicy } from '@penstock/policy';
import type { RecipientResult, TransactionResult, UnsendableCause } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import {
  BAD_ARGUMENT,
  CONNECTION_LOST,
  deferredHere,
  EIGHTBITMIME_MISSING,
  type LocalRefusal,
  SMTPUTF8_MISSING,
  TOO_BIG,
} from './local-verdicts.ts';
import { bounced, deferred, delivered, outcomeUnknown } from './outcome-facts.ts';

/** Where and when the transaction ran. */
export interface Circumstances {
  readonly at: number;
  readonly host: Host;
  readonly tls: string | undefined;
  readonly timings: Timings;
  readonly retry: RetryPolicy;
}

/** Results that are about the recipients or the message, not about the path. */
export type RecipientsResult = Exclude<TransactionResult, { kind: 'refused' | 'withdrawn' }>;

export function transactionOutcomes(
  attempt: PendingAttempt,
  result: RecipientsResult,
  circumstances: Circumstances,
): readonly Fact[] {
  switch (result.kind) {
    case 'answered':
      return attempt.deliveries.map((delivery, at) =>
        answered(attempt, delivery, result.recipients[at], circumstances),
      );
    case 'unknown':
      return attempt.deliveries.map((delivery, at) =>
        result.refused[at]
          ? answered(attempt, delivery, result.refused[at], circumstances)
          : lost(attempt, delivery, circumstances),
      );
    case 'broken':
      return attempt.deliveries.map((delivery) =>
        deferred(attempt, delivery, circumstances.at, {
          phase: result.phase,
          verdict: deferredHere('connection_lost', 'host'),
          ...place(circumstances),
        }),
      );
    case 'unsendable':
      return attempt.deliveries.map((delivery) =>
        bounced(attempt, delivery, circumstances.at, {
          phase: 'mail',
          ...UNSENDABLE[result.cause],
          ...place(circumstances),
        }),
      );
  }
}

const UNSENDABLE: Readonly<Record<UnsendableCause, LocalRefusal>> = {
  too_big: TOO_BIG,
  eightbitmime_missing: EIGHTBITMIME_MISSING,
  smtputf8_missing: SMTPUTF8_MISSING,
  bad_argument: BAD_ARGUMENT,
};

function place({ host, tls, timings }: Circumstances) {
  return { host, tls, timings };
}

function lost(attempt: PendingAttempt, delivery: AttemptDelivery, circumstances: Circumstances): Fact {
  const met = { phase: 'final_dot' as const, verdict: CONNECTION_LOST, ...place(circumstances) };
  return outcomeUnknown(attempt, delivery, circumstances.at, met);
}

function answered(
  attempt: PendingAttempt,
  delivery: AttemptDelivery,
  result: RecipientResult | undefined,
  circumstances: Circumstances,
): Fact {
  if (!result) return lost(attempt, delivery, circumstances);
  const { phase, reply } = result;
  const { host, tls, timings } = circumstances;
  const verdict = classifyReply(reply, { phase, provider: attempt.command.body.provider, host: host.name });
  const met = { phase, verdict, reply, host, tls, timings };
  if (result.accepted) return delivered(attempt, delivery, circumstances.at, met);
  if (verdict.disposition === 'bounce') {
    // The mail is not refused, this address is: where another may have it, the scheduler moves it there.
    const moves = delivery.mayMove === true && isSourceBlocked(verdict);
    if (!moves) return bounced(attempt, delivery, circumstances.at, met);
    return deferred(attempt, delivery, circumstances.at, { ...met, verdict: { ...verdict, disposition: 'defer' } });
  }
  const retryAfterMs = comeBack(retryHintMs(reply), verdict.cause, circumstances.retry);
  return deferred(attempt, delivery, circumstances.at, met, { retryAfterMs });
}

/** When to come back: the reply's own words within the policy's bounds, never before greylisting can be over. */
export function comeBack(hintMs: number | undefined, cause: string, retry: RetryPolicy): number | undefined {
  const bounded = hintMs === undefined ? undefined : Math.min(Math.max(hintMs, retry.hintMinMs), retry.hintMaxMs);
  if (cause !== 'greylisted') return bounded;
  return Math.max(bounded ?? 0, retry.greylistMs);
}
