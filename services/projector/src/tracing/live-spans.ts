import { type Fact, factSpans, projectSpan, releasedSpans, type Span, tracedFact } from '@penstock/events';
import type { Clock, Consumer, PartitionHandler, StoredRecord, Tracing } from '@penstock/ports';

export interface LiveTracingDeps {
  readonly tracing: Tracing;
  readonly clock: Clock;
}

/**
 * Facts older than this are not traced: a projector that reads the whole log again is no news of today. Any delivery
 * can be traced from its timeline at any time.
 */
const OLDEST_MS = 15 * 60_000;

type FactRecord = StoredRecord<'mail.events'>;

/**
 * Sends the spans of whatever is traced among the records that the consumer's handler is given. A record read again gives the same
 * spans again.
 */
export function tracedConsumer(
  consumer: Consumer<'mail.events'>,
  { tracing, clock }: LiveTracingDeps,
): Consumer<'mail.events'> {
  const { handler } = consumer;
  const traced: PartitionHandler<'mail.events'> = {
    assigned: (partition) => handler.assigned(partition),
    revoked: (partition) => handler.revoked(partition),
    failed: (partition, error) => handler.failed(partition, error),
    batch: (partition, records) => {
      const startMs = clock.now();
      const handled = handler.batch(partition, records);
      const spans = liveSpans(records, startMs - OLDEST_MS);
      const firstOffset = records[0]?.offset;
      if (spans.length > 0 && firstOffset !== undefined) {
        const batch = { partition, firstOffset, size: records.length, startMs, endMs: clock.now() };
        tracing.send([...spans, projectSpan(batch, spans)]);
      }
      return handled;
    },
  };
  return { ...consumer, handler: traced };
}

/** The spans of the records from `since` on, ms since the epoch. */
export function liveSpans(records: readonly FactRecord[], since: number): readonly Span[] {
  const spans: Span[] = [];
  for (const { record } of records) {
    if (record.at >= since) for (const span of spansOf(record)) spans.push(span);
  }
  return spans;
}

const NOTHING: readonly Span[] = [];

/** What cannot be read the reader notes; here it is not traced. */
function spansOf(record: Fact): readonly Span[] {
  if (typeof record.body !== 'object' || record.body === null) return NOTHING;
  if (record.type === 'released') return Array.isArray(record.body.deliveries) ? releasedSpans(record) : NOTHING;
  const traced = tracedFact(record);
  return traced ? factSpans(traced.delivery, traced.fact) : NOTHING;
}
