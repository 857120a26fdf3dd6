/**
 * Trace context by W3C Trace Context, and ids that anybody can compute: what is sent live and what is rebuilt from the
 * facts years later are the same traces.
 */
import { derivedId } from '../ids.ts';

/** Names a span of a trace. */
export interface SpanContext {
  /** 32 hex digits */
  readonly traceId: string;
  /** 16 hex digits */
  readonly spanId: string;
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const [TRACE_START, TRACE_END, SPAN_END] = [3, 35, 52];

/** Version 00 and well formed; whatever else is as if it were not there. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && TRACEPARENT.test(text);
}

/** Whether its sampled flag is set: the lowest bit of the last of its digits. */
export function isSampled(traceparent: string | undefined): boolean {
  return traceparent !== undefined && '13579bdf'.includes(traceparent.charAt(traceparent.length - 1));
}

/**
 * The `traceparent` that the records of a message carry, or undefined. A sampled one that came with the request stays;
 * otherwise `ratio` of all messages are sampled, in the caller's trace if there is one. Decided once, by the message
 * id, so that everything about a message is sampled or nothing.
 */
export function acceptedTraceparent(
  messageId: string,
  incoming: string | undefined,
  ratio: number,
): string | undefined {
  if (ratio <= 0 || isSampled(incoming) || !isChosen(messageId, ratio)) return incoming;
  if (incoming !== undefined) return `${incoming.slice(0, -2)}01`;
  const { traceId, spanId } = messageContext(messageId);
  return `00-${traceId}-${spanId}-01`;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, finished as MurmurHash3 does, since its high bits alone say little about the last characters. */
function isChosen(messageId: string, ratio: number): boolean {
  let mixed = FNV_OFFSET;
  for (let i = 0; i < messageId.length; i++) mixed = Math.imul(mixed ^ messageId.charCodeAt(i), FNV_PRIME);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 < ratio;
}

/** Where the acceptance of a delivery stands: in the caller's trace, or in that of its message. */
export function acceptanceContext(about: {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly traceparent?: string | undefined;
}): SpanContext {
  const traceId = about.traceparent?.slice(TRACE_START, TRACE_END) ?? messageContext(about.messageId).traceId;
  return { traceId, spanId: spanId('accept', about.deliveryId) };
}

/** The caller's span, if the message came with one. */
export function callerSpanId(messageId: string, traceparent: string | undefined): string | undefined {
  const spanId = traceparent?.slice(TRACE_END + 1, SPAN_END);
  return spanId === undefined || spanId === messageContext(messageId).spanId ? undefined : spanId;
}

/** The trace of a release of a delivery, and its first span. */
export function releaseContext(deliveryId: string, release: number): SpanContext {
  return { traceId: derivedId('attempt trace', deliveryId, release), spanId: spanId('release', deliveryId, release) };
}

export function spanId(...parts: readonly (string | number)[]): string {
  return derivedId('span', ...parts).slice(0, 16);
}

/** What stands for the caller of a message that came without one; no span of this id is ever sent. */
function messageContext(messageId: string): SpanContext {
  return { traceId: derivedId('acceptance trace', messageId), spanId: spanId('message', messageId) };
}
