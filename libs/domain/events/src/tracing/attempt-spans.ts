/** What the dispatcher told of an attempt, and the steps it took, whose times are in the outcome. */
import { makeSpan, type Span } from './span.ts';
import { releaseContext, spanId } from './trace-context.ts';
import type { Attributes, SpanName } from './trace-names.ts';
import type { TracedFact } from './traced-fact.ts';

export function attemptSpans(ids: Attributes, deliveryId: string, fact: TracedFact): readonly Span[] {
  const { type, at, release } = fact;
  const { traceId, spanId: parentSpanId } = releaseContext(deliveryId, release);
  const id = (name: SpanName) => ({ traceId, spanId: spanId(name, deliveryId, release, type) });
  const attempt = id('attempt');
  const taken = steps(fact);
  const startMs = taken[0]?.startMs ?? at;
  const attributes = { ...ids, ...outcomeAttributes(fact) };
  const failed = type !== 'delivered' && type !== 'handed_back';
  const inner = stepAttributes(ids, fact);
  return [
    makeSpan('attempt', attempt, { startMs, endMs: at, attributes, parentSpanId, failed }),
    ...taken.map((step) =>
      makeSpan(step.name, id(step.name), { ...step, attributes: inner, parentSpanId: attempt.spanId }),
    ),
  ];
}

interface Step {
  readonly name: 'queue' | 'connect' | 'transaction';
  readonly startMs: number;
  readonly endMs: number;
}

/** Before `MAIL FROM` an attempt has only its walk over the hosts. */
const WALK: ReadonlySet<string> = new Set(['dns', 'connect', 'banner', 'ehlo', 'starttls']);

/**
 * Laid out backwards from the outcome. The wait of an attempt whose connection was opened for it holds the time that
 * took; where the walk itself failed, the walk comes after the wait.
 */
function steps({ at, phase, timings }: TracedFact): readonly Step[] {
  if (timings === undefined) return [];
  const { queuedMs = 0, connectMs, transactionMs } = timings;
  const walkFailed = phase !== undefined && WALK.has(phase);
  const ready = at - (transactionMs ?? 0);
  const connecting = connectMs === undefined ? 0 : walkFailed ? connectMs : Math.min(connectMs, queuedMs);
  const connectFrom = ready - connecting;
  const queuedFrom = walkFailed ? connectFrom - queuedMs : ready - queuedMs;
  const found: Step[] = [{ name: 'queue', startMs: queuedFrom, endMs: connectFrom }];
  if (connectMs !== undefined) found.push({ name: 'connect', startMs: connectFrom, endMs: ready });
  if (transactionMs !== undefined) found.push({ name: 'transaction', startMs: ready, endMs: at });
  return found;
}

function stepAttributes(ids: Attributes, { release, attempt, source, provider, phase }: TracedFact): Attributes {
  return {
    ...ids,
    'penstock.release': release,
    'penstock.attempt': attempt,
    'penstock.source': source,
    'penstock.provider': provider,
    'penstock.phase': phase,
  };
}

function outcomeAttributes(fact: TracedFact): Attributes {
  return {
    'penstock.release': fact.release,
    'penstock.attempt': fact.attempt,
    'penstock.source': fact.source,
    'penstock.site': fact.site,
    'penstock.provider': fact.provider,
    'penstock.host': fact.host?.name,
    'penstock.outcome': fact.type,
    'penstock.cause': fact.cause,
    'penstock.phase': fact.phase,
    'penstock.scope': fact.scope,
    'penstock.verdict': fact.verdict?.cause,
    'penstock.disposition': fact.verdict?.disposition,
    'penstock.reply.code': fact.reply?.code,
    'penstock.reply.enhanced': fact.reply?.enhanced,
    'penstock.tls': fact.tls,
    'penstock.may_duplicate': fact.mayDuplicate,
  };
}
