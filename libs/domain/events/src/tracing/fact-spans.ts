/** One fact, its spans. Nothing else is needed: whatever order facts come in, and however often, the spans are the same. */
import type { HeldDeferral, Released, ReleasedDelivery } from '../facts.ts';
import { parseDeliveryId } from '../ids.ts';
import { attemptSpans } from './attempt-spans.ts';
import { makeSpan, type Span, type SpanLink } from './span.ts';
import { acceptanceContext, callerSpanId, releaseContext, type SpanContext, spanId } from './trace-context.ts';
import type { Attributes, SpanName } from './trace-names.ts';
import { isTraced, type TracedDelivery, type TracedFact } from './traced-fact.ts';

export function factSpans(delivery: TracedDelivery, fact: TracedFact): readonly Span[] {
  switch (fact.type) {
    case 'processed':
      return [acceptSpan(delivery, fact)];
    case 'released':
      return [releaseSpan(delivery, fact)];
    case 'delivered':
    case 'bounced':
    case 'outcome_unknown':
    case 'handed_back':
      return wasMet(fact)
        ? attemptSpans(idAttributes(delivery), delivery.deliveryId, fact)
        : [settleSpan(delivery, fact)];
    case 'deferred':
      if (fact.cause === HELD) return [holdSpan(delivery, fact)];
      return attemptSpans(idAttributes(delivery), delivery.deliveryId, fact);
    case 'dropped':
      return [settleSpan(delivery, fact)];
    default:
      return [];
  }
}

const HELD: HeldDeferral['cause'] = 'held';

/** Told by the dispatcher; the rest is what the scheduler writes when nothing came back. */
function wasMet({ cause, verdict }: TracedFact): boolean {
  return cause !== 'no_outcome' && verdict?.cause !== 'assumed_delivered';
}

/** Most links of a batch: who looks at it wants examples. */
const MOST_LINKS = 32;

/** What is traced of a release: a span for each delivery, and one for the batch. */
export function releasedSpans(record: Released): readonly Span[] {
  const members = record.body.deliveries.filter(({ traceparent, attempt }) => isTraced(traceparent, attempt));
  if (members.length === 0) return [];
  return [batchSpan(record, members), ...members.map((member) => memberSpan(record, member))];
}

function memberSpan({ at, body }: Released, member: ReleasedDelivery): Span {
  const { deliveryId, release, traceparent } = member;
  const messageId = parseDeliveryId(deliveryId)?.messageId ?? '';
  return releaseSpan({ deliveryId, messageId, traceparent }, { ...body, ...member, type: 'released', at, release });
}

function batchSpan({ id, at, partition, body }: Released, members: readonly ReleasedDelivery[]): Span {
  const context = { traceId: id, spanId: spanId('release_batch', id) };
  const links = members
    .slice(0, MOST_LINKS)
    .map((m) => batchMember(releaseContext(m.deliveryId, m.release), m.deliveryId));
  const attributes: Attributes = {
    ...routeOf(body),
    'penstock.path': body.path,
    'penstock.partition': partition,
    'penstock.batch.size': body.deliveries.length,
    'penstock.batch.sampled': members.length,
  };
  return makeSpan('release_batch', context, { startMs: at, endMs: at, attributes, links });
}

function batchMember(context: SpanContext, deliveryId: string): SpanLink {
  return { ...context, attributes: { 'penstock.link': 'batch_member', 'penstock.delivery_id': deliveryId } };
}

/** Parts of an attempt, which is linked as a whole. */
const STEPS: ReadonlySet<SpanName> = new Set<SpanName>(['queue', 'connect', 'transaction']);

/** A batch of records read, of which `sampled` gave these spans; `sequence` tells batches of a partition apart. */
export function projectSpan(
  batch: { partition: number; firstOffset: number; size: number; startMs: number; endMs: number },
  spans: readonly Span[],
): Span {
  const { partition, firstOffset, size, startMs, endMs } = batch;
  const read = spans.filter(({ name, attributes }) => attributes['penstock.delivery_id'] && !STEPS.has(name));
  const links = read
    .slice(0, MOST_LINKS)
    .map((span) => batchMember(span, String(span.attributes['penstock.delivery_id'])));
  const seed = `${partition} ${firstOffset}`;
  const context = { traceId: projectTraceId(seed), spanId: spanId('project', seed) };
  const attributes: Attributes = {
    'penstock.partition': partition,
    'penstock.batch.size': size,
    'penstock.batch.sampled': read.length,
  };
  return makeSpan('project', context, { startMs, endMs, attributes, links });
}

function projectTraceId(seed: string): string {
  return `${spanId('project trace', seed)}${spanId('project trace end', seed)}`;
}

function idAttributes({ messageId, deliveryId, tenant }: TracedDelivery): Attributes {
  return { 'penstock.message_id': messageId, 'penstock.delivery_id': deliveryId, 'penstock.tenant': tenant };
}

function routeOf({ source, site, provider }: Pick<TracedFact, 'source' | 'site' | 'provider'>): Attributes {
  return { 'penstock.source': source, 'penstock.site': site, 'penstock.provider': provider };
}

function acceptSpan(delivery: TracedDelivery, fact: TracedFact): Span {
  const attributes: Attributes = {
    ...idAttributes(delivery),
    'penstock.protocol': fact.protocol,
    'penstock.class': fact.class,
    'penstock.pool': fact.pool,
    'penstock.domain': fact.domain,
    'penstock.size': fact.size,
  };
  const parentSpanId = callerSpanId(delivery.messageId, delivery.traceparent);
  const startMs = fact.acceptedAt ?? fact.at;
  return makeSpan('accept', acceptanceContext(delivery), { startMs, endMs: fact.at, attributes, parentSpanId });
}

function releaseSpan(delivery: TracedDelivery, fact: TracedFact): Span {
  const { at, release, decision } = fact;
  const { deliveryId } = delivery;
  const links: SpanLink[] = [{ ...acceptanceContext(delivery), attributes: { 'penstock.link': 'acceptance' } }];
  if (release > 1) {
    links.push({ ...releaseContext(deliveryId, release - 1), attributes: { 'penstock.link': 'previous_attempt' } });
  }
  const passedOver = decision?.passedOver.map(({ source, reason }) => `${source}: ${reason}`).join(', ');
  const attributes: Attributes = {
    ...idAttributes(delivery),
    ...routeOf(fact),
    'penstock.release': release,
    'penstock.attempt': fact.attempt,
    'penstock.path': fact.path,
    'penstock.may_duplicate': fact.mayDuplicate,
    'penstock.passed_over': passedOver || undefined,
    'penstock.credit.used': decision?.credit.used,
    'penstock.credit.limit': decision?.credit.limit,
    'penstock.policy_version': fact.policyVersion,
  };
  return makeSpan('release', releaseContext(deliveryId, release), { startMs: at, endMs: at, attributes, links });
}

/** Beside the acceptance, as it costs no attempt. */
function holdSpan(delivery: TracedDelivery, { at, release, heldSince = at, reasons }: TracedFact): Span {
  const { traceId, spanId: parentSpanId } = acceptanceContext(delivery);
  const context = { traceId, spanId: spanId('hold', delivery.deliveryId, release, at) };
  const attributes = {
    ...idAttributes(delivery),
    'penstock.release': release,
    'penstock.reasons': reasons?.join(', '),
  };
  return makeSpan('hold', context, { startMs: Math.min(heldSince, at), endMs: at, attributes, parentSpanId });
}

/** Where it was never released, the end stands beside the acceptance. */
function settleSpan(delivery: TracedDelivery, fact: TracedFact): Span {
  const { type, at, release, attempt = fact.attempts, cause = fact.verdict?.cause } = fact;
  const { deliveryId } = delivery;
  const { traceId, spanId: parentSpanId } =
    release > 0 ? releaseContext(deliveryId, release) : acceptanceContext(delivery);
  const attributes: Attributes = {
    ...idAttributes(delivery),
    ...routeOf(fact),
    'penstock.release': release,
    'penstock.attempt': attempt,
    'penstock.outcome': type,
    'penstock.cause': cause,
    'penstock.may_duplicate': fact.mayDuplicate,
  };
  const context = { traceId, spanId: spanId('settle', deliveryId, release, type) };
  return makeSpan('settle', context, {
    startMs: at,
    endMs: at,
    attributes,
    parentSpanId,
    failed: type !== 'delivered',
  });
}
