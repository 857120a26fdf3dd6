import type { Topic } from '@penstock/events';
import type { Cursor } from './cursor.ts';
import type { LogPoint } from './log-point.ts';
import type { RecordFilter } from './record-filter.ts';

/** Which records are wanted, as plain data. */
export interface ExportOrder {
  readonly topic: Topic;
  readonly from?: LogPoint;
  readonly to?: LogPoint;
  /** Goes on where an earlier export ended; then `from` is only a bound on the time. */
  readonly after?: Cursor;
  readonly filter: RecordFilter;
  /** At the end, wait for what comes. */
  readonly follow: boolean;
  /** Lines of our own among the records that say where to go on. */
  readonly cursors: boolean;
  /** Most records given. */
  readonly limit?: number;
}

export type OpenedStream =
  | { readonly kind: 'opened'; readonly id: string }
  /** Too many are open. */
  | { readonly kind: 'busy' }
  /** The cursor names records that are no longer held. */
  | { readonly kind: 'gone'; readonly message: string };

/** Records of the log, chunk by chunk, wherever they are read: every call and answer is plain data. */
export interface EventStreams {
  open(order: ExportOrder): Promise<OpenedStream>;
  /** The next whole lines, or undefined at the end. Whoever is slow to ask holds up nobody. */
  next(id: string): Promise<string | undefined>;
  /** Nobody will ask for more. */
  close(id: string): Promise<void>;
  /** Ends all of them, those who follow too, so that nobody waits for them when the platform stops. */
  end(): Promise<void>;
}
