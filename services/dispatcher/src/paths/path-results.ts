/** What a walk's or a transaction's end does to the attempt and to its path. */
import type { Timings } from '@penstock/events';
import { classifyReply } from '@penstock/mail';
import type { TransactionResult } from '@penstock/ports';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { WalkResult } from '../exchangers/exchanger-walk.ts';
import { CONTENT_DAMAGED, CONTENT_MISSING, NO_FREE_PORTS } from '../outcomes/local-verdicts.ts';
import { bounced, deferred, type Met } from '../outcomes/outcome-facts.ts';
import { transactionOutcomes } from '../outcomes/transaction-outcomes.ts';
import type { Connection } from './connections.ts';
import type { PathIdentity, PathOffice } from './path-office.ts';
import type { Evidence, PathRest } from './path-rest.ts';
import { noDomainOutcomes, noMailOutcomes, troubleMet } from './walk-outcomes.ts';

/** What results can do to a path. */
export interface PathFate {
  readonly office: PathOffice;
  readonly identity: PathIdentity;
  readonly rest: PathRest;
  takeWaiting(): readonly PendingAttempt[];
  putBack(attempt: PendingAttempt): void;
}

interface Began {
  /** The path's era when it began. */
  readonly era: number;
  readonly timings: Timings;
}

export function concludeWalk(
  path: PathFate,
  attempt: PendingAttempt,
  walked: Exclude<WalkResult, { kind: 'session' }>,
  { era, timings }: Began,
): void {
  const { settlement, clock } = path.office;
  const { retry } = path.office.policy();
  const at = clock.now();
  switch (walked.kind) {
    case 'null_mx':
    case 'mx_is_address':
    case 'mx_not_public':
      settlement.decide(attempt, noMailOutcomes(attempt, walked.kind, at, timings));
      return;
    case 'nxdomain':
    case 'no_mail_host':
      settlement.decide(attempt, noDomainOutcomes(attempt, walked.kind, at, retry, timings));
      return;
    case 'trouble': {
      const met = troubleMet(walked, attempt.command.body.provider, timings);
      if (walked.phase === 'dns' && sharedBeyond(path, attempt)) deferOne(path, attempt, met);
      else suspend(path, { attempt, met, reason: 'path_throttled', spent: true }, era);
      return;
    }
    case 'other_provider':
      settlement.handBack(attempt, 'not_started', at + SITE_KNOWN_MS);
      return;
    case 'late':
      settlement.handBack(attempt, 'not_started');
      return;
    case 'local':
      if (walked.unreachable) withoutSource(path, attempt, walked.detail);
      else suspend(path, { attempt, met: portsMet(timings), reason: 'port_limit', spent: false }, era);
  }
}

export function concludeTransaction(
  path: PathFate,
  attempt: PendingAttempt,
  result: Exclude<TransactionResult, { kind: 'withdrawn' }>,
  began: Began & { readonly connection: Connection; readonly reused: boolean },
): void {
  const { era, timings, connection, reused } = began;
  const { host, session } = connection;
  if (result.kind === 'refused' || (result.kind === 'broken' && !result.mailAnswered)) {
    const reply = result.kind === 'refused' ? result.reply : undefined;
    // A host that ends a connection between two transactions has said nothing about the next one.
    const ended = reply === undefined || reply.code === 421;
    if (ended && reused && !attempt.replaced) {
      path.putBack(attempt);
      return;
    }
    if (reply) {
      const { provider } = attempt.command.body;
      const verdict = classifyReply(reply, { phase: result.phase, provider, host: host.name });
      if (verdict.disposition === 'bounce') {
        bounceAll(path, attempt, { phase: result.phase, verdict, host, reply, tls: session.facts.tls, timings });
        return;
      }
    }
    const detail = result.kind === 'refused' ? '' : result.detail;
    const met = troubleMet({ phase: result.phase, host, reply, detail }, attempt.command.body.provider, timings);
    suspend(path, { attempt, met: { ...met, tls: session.facts.tls }, reason: 'path_throttled', spent: true }, era);
    return;
  }
  if (result.kind !== 'unsendable') path.rest.succeeded(era);
  const { retry } = path.office.policy();
  const transactionMs = result.kind === 'answered' ? { transactionMs: result.transactionMs } : {};
  const circumstances = {
    at: path.office.clock.now(),
    host,
    tls: session.facts.tls,
    timings: { ...timings, ...transactionMs },
    retry,
  };
  path.office.settlement.decide(attempt, transactionOutcomes(attempt, result, circumstances));
}

/** Its sender or its content is refused: whoever it is for, and whatever else the path has to send. */
function bounceAll({ office }: Pick<PathFate, 'office'>, attempt: PendingAttempt, met: Met): void {
  const at = office.clock.now();
  office.settlement.decide(
    attempt,
    attempt.deliveries.map((delivery) => bounced(attempt, delivery, at, met)),
  );
}

/** Whether the path serves more than this domain, so that the domain's name servers say nothing about it. */
function sharedBeyond({ identity }: PathFate, { command }: PendingAttempt): boolean {
  return identity.provider !== undefined || identity.site !== command.body.domain;
}

function deferOne({ office }: PathFate, attempt: PendingAttempt, met: Met): void {
  const at = office.clock.now();
  office.settlement.decide(
    attempt,
    attempt.deliveries.map((delivery) => deferred(attempt, delivery, at, met)),
  );
}

/** One piece of evidence rests the path; what was met at the same time is none. */
function suspend(path: PathFate, evidence: Evidence, era: number): void {
  if (era !== path.rest.era || path.rest.resting) path.rest.turnAway(evidence.attempt);
  else path.rest.begin(evidence, path.takeWaiting());
}

function withoutSource(path: PathFate, attempt: PendingAttempt, detail: string): void {
  const { settlement, sources } = path.office;
  const { suspendMs, maxSuspendMs } = path.office.policy().retry;
  const until = sources.unreachable(path.identity.source, detail, suspendMs, maxSuspendMs);
  for (const one of [attempt, ...path.takeWaiting()]) settlement.handBack(one, 'not_started', until);
}

function portsMet(timings: Timings): Met {
  return { phase: 'connect', verdict: NO_FREE_PORTS, timings };
}

/** What DNS has told us it tells the scheduler within this. */
const SITE_KNOWN_MS = 10_000;
const CONTENT_RETRY_MS = 5000;

/**
 * What is not held any more can never be sent; what is damaged is given time to be put right. A store that cannot
 * answer, or a key that fails, is asked again.
 */
export function concludeWithoutContent(
  { office }: PathFate,
  attempt: PendingAttempt,
  found: 'missing' | 'damaged' | 'unavailable' | 'unsigned',
): void {
  const { clock, telemetry, settlement, damaged } = office;
  const [{ messageId = '', deliveryId = '' } = {}] = attempt.deliveries;
  telemetry.log('error', `content_${found}`, { messageId });
  const gone = { phase: 'data', timings: {} } as const;
  if (found === 'missing') {
    bounceAll({ office }, attempt, { ...gone, ...CONTENT_MISSING });
    return;
  }
  const waitMs = found === 'damaged' ? damaged.waitMs(deliveryId, clock.monotonic()) : CONTENT_RETRY_MS;
  if (waitMs === undefined) bounceAll({ office }, attempt, { ...gone, ...CONTENT_DAMAGED });
  else settlement.handBack(attempt, 'not_started', clock.now() + waitMs);
}
