import { type AttemptOutcome, assertNever, type SmtpReply } from '@penstock/events';
import type { JudgedFact } from './delivery-history.ts';
import { shownReply } from './shown-reply.ts';

/** A fact as users see it. What is shown is named here field by field: references and hashes stay inside. */
export interface FactView {
  readonly type: string;
  /** ms since the epoch, by the writer's clock */
  readonly at: number;
  /** Which release of the delivery it belongs to; 0 before the first. */
  readonly release: number;
  /** What it changed: accepted, opened, closed, ended, noted; or late, repeat, stale, unknown: nothing. */
  readonly transition: JudgedFact['transition'];
  /** This is the fact that counts as the delivery's end. */
  readonly terminal?: true;
  /** Came after the end: kept, changes nothing. */
  readonly late?: true;
  readonly [detail: string]: unknown;
}

export function factView({ fact, transition, dueAt }: JudgedFact): FactView {
  return {
    type: fact.type,
    at: fact.at,
    release: fact.release ?? 0,
    transition,
    ...(transition === 'ended' && { terminal: true }),
    ...(transition === 'late' && { late: true }),
    ...details(fact),
    ...(dueAt !== undefined && { retryAt: dueAt }),
  };
}

function details(fact: JudgedFact['fact']): Readonly<Record<string, unknown>> {
  switch (fact.type) {
    case 'processed': {
      const { domain, class: trafficClass, pool, acceptedAt, sendAt, size, protocol, categories } = fact.body;
      return { domain, class: trafficClass, pool, acceptedAt, sendAt, size, protocol, categories };
    }
    case 'released': {
      const { source, site, provider, path, startBy, decision, policyVersion, deliveries } = fact.body;
      const { attempt, mayDuplicate } = deliveries[0] ?? {};
      return { attempt, source, site, provider, path, startBy, mayDuplicate, decision, policyVersion };
    }
    case 'deferred': {
      if (fact.body.cause === 'remote') return { cause: 'remote', ...outcome(fact.body) };
      const { cause, reasons, text, heldSince, until } = fact.body;
      return { cause, reasons, text, heldSince, until };
    }
    case 'delivered':
    case 'bounced':
      return outcome(fact.body);
    case 'outcome_unknown':
      return { cause: fact.body.cause, ...outcome(fact.body) };
    case 'handed_back': {
      const { cause, source, attempt, until } = fact.body;
      return { cause, source, attempt, until };
    }
    case 'dropped': {
      const { cause, attempts, heldMs, remoteMs, lastReply, lastVerdict, lastHold, suppression } = fact.body;
      return { cause, attempts, heldMs, remoteMs, lastReply: reply(lastReply), lastVerdict, lastHold, suppression };
    }
    case 'partition_claimed':
      return {};
    default:
      return assertNever(fact);
  }
}

function outcome(body: Partial<AttemptOutcome>): Readonly<Record<string, unknown>> {
  const { attempt, source, site, provider, phase, scope, host, verdict, timings, tls, mayDuplicate } = body;
  return {
    attempt,
    source,
    site,
    provider,
    phase,
    scope,
    host,
    reply: reply(body.reply),
    verdict,
    timings,
    tls,
    mayDuplicate,
  };
}

function reply(stored: SmtpReply | undefined): SmtpReply | undefined {
  return stored && shownReply(stored);
}
