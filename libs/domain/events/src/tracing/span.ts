import type { SpanContext } from './trace-context.ts';
import { type AttributeName, type Attributes, SPANS, type SpanName, type TracedService } from './trace-names.ts';

export type LinkKind = 'acceptance' | 'previous_attempt' | 'batch_member';

export interface SpanLink extends SpanContext {
  readonly attributes: Attributes;
}

/** A span that is over. */
export interface Span extends SpanContext {
  readonly name: SpanName;
  readonly service: TracedService;
  readonly parentSpanId?: string;
  /** ms since the epoch, by the clock of whoever wrote the fact; fractions allowed */
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
  readonly links: readonly SpanLink[];
}

export type SpanParts = Pick<Span, 'attributes' | 'startMs' | 'endMs'> &
  Partial<Pick<Span, 'parentSpanId' | 'failed' | 'links'>>;

/** The service follows from the name; what is undefined is left out. */
export function makeSpan(name: SpanName, { traceId, spanId }: SpanContext, parts: SpanParts): Span {
  const { attributes, startMs, endMs, parentSpanId, failed = false, links = [] } = parts;
  const { service } = SPANS[name];
  const span = { name, service, traceId, spanId, startMs, endMs, failed, attributes: present(attributes), links };
  return parentSpanId === undefined ? span : { ...span, parentSpanId };
}

function present(attributes: Attributes): Attributes {
  const known: { -readonly [K in AttributeName]?: Attributes[K] } = {};
  // Spelled out: entries, filtered, take as long as all the rest of making a span.
  for (const name in attributes) {
    const value = attributes[name as AttributeName];
    if (value !== undefined) known[name as AttributeName] = value;
  }
  return known;
}
