import type { Span } from '@penstock/events';

/** What became of the spans since the start. */
export interface TracingCounts {
  readonly sent: number;
  /** The queue was full. */
  readonly dropped: number;
  /** Nobody took them. */
  readonly failed: number;
}

/**
 * Where finished spans go. They are sent in batches in the background and may be lost: nothing waits for them, and
 * nothing is decided by them.
 */
export interface Tracing {
  /** Whether spans are sent at all; while it is false, do not make any. */
  readonly on: boolean;
  /** Never waits and never throws. */
  send(spans: readonly Span[]): void;
  counts(): TracingCounts;
  /** Resolves when everything taken so far is sent or lost. */
  flush(): Promise<void>;
  /** Flushes, and takes nothing more. */
  close(): Promise<void>;
}

const NONE: TracingCounts = { sent: 0, dropped: 0, failed: 0 };

/** Tracing that is off. */
export const NO_TRACING: Tracing = {
  on: false,
  send() {},
  counts: () => NONE,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
