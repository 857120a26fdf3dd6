import type { LogRecord } from '@penstock/events';

/** Which records are wanted; everything that is absent lets all pass. */
export interface RecordFilter {
  readonly types?: ReadonlySet<string>;
  readonly tenant?: string;
  readonly deliveryId?: string;
  /** ms since the epoch: at or after the one, before the other. */
  readonly since?: number;
  readonly before?: number;
}

export function passes(filter: RecordFilter, record: LogRecord): boolean {
  if (filter.types && !filter.types.has(record.type)) return false;
  // A batch of releases and a claim are nobody's in particular.
  if (filter.tenant !== undefined && record.tenant !== filter.tenant) return false;
  if (filter.since !== undefined && record.at < filter.since) return false;
  if (filter.before !== undefined && record.at >= filter.before) return false;
  return filter.deliveryId === undefined || isAbout(record, filter.deliveryId);
}

function isAbout(record: LogRecord, deliveryId: string): boolean {
  if (record.deliveryId !== undefined) return record.deliveryId === deliveryId;
  if (record.type !== 'released' && record.type !== 'attempt') return false;
  return record.body.deliveries.some((delivery) => delivery.deliveryId === deliveryId);
}
