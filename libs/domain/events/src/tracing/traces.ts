import { factSpans } from './fact-spans.ts';
import type { Span } from './span.ts';
import type { TracedDelivery, TracedFact } from './traced-fact.ts';

export interface Trace {
  readonly traceId: string;
  /** Which release it is the trace of; 0 for the acceptance. */
  readonly release: number;
  readonly spans: readonly Span[];
}

/** Of no meaning to the delivery: a repeat, or void. */
const VOID: ReadonlySet<string> = new Set(['repeat', 'stale', 'unknown']);

/**
 * The traces of a delivery from its facts in their order, sampled or not: its acceptance, then one for each release.
 * The ids, names and times are those that are sent live, so sending both shows nothing twice where the store knows a
 * span by its id.
 */
export function tracesOf(delivery: TracedDelivery, facts: readonly TracedFact[]): readonly Trace[] {
  const traces = new Map<string, { traceId: string; release: number; spans: Map<string, Span> }>();
  for (const fact of facts) {
    if (fact.transition !== undefined && VOID.has(fact.transition)) continue;
    for (const span of factSpans(delivery, fact)) {
      const { traceId, spanId, attributes } = span;
      const beside = span.name === 'accept' || span.name === 'hold';
      const release = beside ? 0 : Number(attributes['penstock.release'] ?? 0);
      const trace = traces.get(traceId) ?? { traceId, release, spans: new Map() };
      if (!trace.spans.has(spanId)) trace.spans.set(spanId, span);
      traces.set(traceId, trace);
    }
  }
  const found = [...traces.values()].map((trace) => ({ ...trace, spans: [...trace.spans.values()] }));
  return found.sort((a, b) => a.release - b.release);
}
