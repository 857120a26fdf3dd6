/** What a walk that found no session means for the attempt. Pure. */
import type { Fact, Timings } from '@penstock/events';
import { classifyReply } from '@penstock/mail';
import type { RetryPolicy } from '@penstock/policy';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { Trouble, WalkResult } from '../exchangers/exchanger-walk.ts';
import {
  deferredHere,
  type LocalRefusal,
  MX_IS_ADDRESS,
  MX_NOT_PUBLIC,
  NO_MAIL_HOST,
  NO_SUCH_DOMAIN,
  NULL_MX,
  socketVerdict,
} from '../outcomes/local-verdicts.ts';
import { bounced, deferred, type Met } from '../outcomes/outcome-facts.ts';

type NoMail = Extract<WalkResult, { kind: 'null_mx' | 'mx_is_address' | 'mx_not_public' }>['kind'];
type NoDomain = Extract<WalkResult, { kind: 'nxdomain' | 'no_mail_host' }>['kind'];

const NO_MAIL: Readonly<Record<NoMail, LocalRefusal>> = {
  null_mx: NULL_MX,
  mx_is_address: MX_IS_ADDRESS,
  mx_not_public: MX_NOT_PUBLIC,
};

export function noMailOutcomes(attempt: PendingAttempt, kind: NoMail, at: number, timings: Timings): readonly Fact[] {
  const met: Met = { phase: 'dns', ...NO_MAIL[kind], timings };
  return attempt.deliveries.map((delivery) => bounced(attempt, delivery, at, met));
}

/** A domain that does not exist may be a name server's mishap: only the second answer, an interval later, counts. */
export function noDomainOutcomes(
  attempt: PendingAttempt,
  kind: NoDomain,
  at: number,
  { nxdomainIntervalMs }: RetryPolicy,
  timings: Timings,
): readonly Fact[] {
  const { verdict, reply } = kind === 'nxdomain' ? NO_SUCH_DOMAIN : NO_MAIL_HOST;
  return attempt.deliveries.map((delivery) => {
    const since = delivery.nxdomainSince ?? at;
    const due = since + nxdomainIntervalMs;
    if (delivery.nxdomainSince !== undefined && due <= at) {
      return bounced(attempt, delivery, at, { phase: 'dns', verdict, reply, timings });
    }
    const met: Met = { phase: 'dns', verdict: deferredHere(verdict.cause, verdict.scope), timings };
    return deferred(attempt, delivery, at, met, { retryAfterMs: due - at, nxdomainSince: since });
  });
}

/** Evidence about the path: what the host said, or how the connection failed. */
export function troubleMet(trouble: Omit<Trouble, 'kind'>, provider: string | undefined, timings: Timings): Met {
  const { phase, host, reply, code } = trouble;
  const verdict = reply
    ? classifyReply(reply, { phase, provider, host: host?.name })
    : phase === 'dns'
      ? deferredHere('dns_failure', 'path')
      : socketVerdict(code, phase);
  return { phase, verdict: { ...verdict, disposition: 'defer' }, scope: 'path', host, reply, timings };
}
