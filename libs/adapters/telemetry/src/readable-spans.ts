/** Our spans as the exporter reads them. They carry ids of our own making, so no SDK tracer has a part in it. */
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span, SpanContext, TracedService } from '@penstock/events';

const SCOPE = { name: 'penstock' };

/** One resource per service: a process that reads the log tells of what others did. */
export class ReadableSpans {
  private readonly resources = new Map<TracedService, Resource>();

  constructor(private readonly instance: string | undefined) {}

  of(span: Span): ReadableSpan {
    const { name, startMs, endMs, parentSpanId, traceId } = span;
    const own = context(span);
    return {
      name,
      kind: SpanKind.INTERNAL,
      spanContext: () => own,
      ...(parentSpanId !== undefined && { parentSpanContext: context({ traceId, spanId: parentSpanId }) }),
      startTime: hrTime(startMs),
      endTime: hrTime(endMs),
      duration: hrTime(Math.max(0, endMs - startMs)),
      status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      attributes: { ...span.attributes },
      links: span.links.map((link) => ({ context: context(link), attributes: { ...link.attributes } })),
      events: [],
      ended: true,
      resource: this.resource(span.service),
      instrumentationScope: SCOPE,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  private resource(service: TracedService): Resource {
    let known = this.resources.get(service);
    if (!known) {
      known = resourceFromAttributes({
        'service.namespace': 'penstock',
        'service.name': `penstock-${service}`,
        ...(this.instance !== undefined && { 'service.instance.id': this.instance }),
      });
      this.resources.set(service, known);
    }
    return known;
  }
}

function context({ traceId, spanId }: SpanContext) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
