import type { ApiKey } from '@penstock/access';
import { parseDeliveryId, RECORD_TYPES, TOPICS, type Topic } from '@penstock/events';
import { BadParameterError, text, wholeNumber } from '../queries/query-parameters.ts';
import { type Cursor, parseCursor } from './cursor.ts';
import type { ExportOrder } from './event-streams.ts';
import { LOG_POINT_FORMS, type LogPoint, parseLogPoint } from './log-point.ts';
import type { RecordFilter } from './record-filter.ts';

type Query = Readonly<Record<string, unknown>>;

/** The directory holds hashed keys and sealed ones: it is shown by the admin API, never by the record. */
const EXPORTED: readonly Topic[] = Object.values(TOPICS).filter((topic) => topic !== TOPICS.directory);
/** Topics whose records name a tenant. */
const OF_TENANTS: readonly Topic[] = [TOPICS.events, TOPICS.submissions];
const LIMIT = { least: 1, most: 9_999_999_999 };
const KNOWN = new Set(['topic', 'from', 'to', 'after', 'type', 'tenant', 'delivery', 'limit', 'follow', 'cursors']);

/** A tenant's key asks for what is not the tenant's. */
export class ForeignRecordsError extends Error {
  override readonly name = 'ForeignRecordsError';
}

/**
 * What a request for records asks for; a key without the scope `operate` gets its tenant's own only.
 *
 * @throws BadParameterError, ForeignRecordsError
 */
export function exportOrder(query: Query, key: ApiKey): ExportOrder {
  const unknown = Object.keys(query).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new BadParameterError(unknown, `one of ${[...KNOWN].join(', ')}`);
  const after = cursor(query.after);
  const topic = topicOf(query.topic, after);
  const from = point('from', query.from);
  const to = point('to', query.to);
  const limit = wholeNumber('limit', query.limit, LIMIT);
  return {
    topic,
    filter: { ...filterOf(query), ...tenantOf(query, key, topic) },
    follow: flag('follow', query.follow),
    cursors: flag('cursors', query.cursors),
    ...(from && { from }),
    ...(to && { to }),
    ...(after && { after }),
    ...(limit !== undefined && { limit }),
  };
}

function tenantOf(query: Query, key: ApiKey, topic: Topic): RecordFilter {
  const tenant = text('tenant', query.tenant);
  if (key.scopes.has('operate')) return tenant === undefined ? {} : { tenant };
  if (tenant !== undefined && tenant !== key.tenant) throw new ForeignRecordsError('another tenant’s records');
  if (!OF_TENANTS.includes(topic)) throw new ForeignRecordsError(`the records of ${topic} concern everybody`);
  return { tenant: key.tenant };
}

function filterOf(query: Query): RecordFilter {
  const types = typesOf(query.type);
  const deliveryId = text('delivery', query.delivery);
  if (deliveryId !== undefined && !parseDeliveryId(deliveryId)) {
    throw new BadParameterError('delivery', 'a delivery id is messageId.index.partition, such as Zp3kX9.0.2');
  }
  return {
    ...(types && { types }),
    ...(deliveryId !== undefined && { deliveryId }),
  };
}

function typesOf(given: unknown): ReadonlySet<string> | undefined {
  const list = text('type', given)?.split(',');
  if (!list) return undefined;
  const unknown = list.find((type) => !RECORD_TYPES.has(type));
  if (unknown === undefined) return new Set(list);
  throw new BadParameterError('type', `one or more, separated by commas, of ${[...RECORD_TYPES].join(', ')}`);
}

function topicOf(given: unknown, after: Cursor | undefined): Topic {
  const name = text('topic', given) ?? after?.topic ?? TOPICS.events;
  const topic = EXPORTED.find((known) => known === name);
  if (!topic) throw new BadParameterError('topic', `one of ${EXPORTED.join(', ')}`);
  if (after && after.topic !== topic) throw new BadParameterError('after', `a cursor of ${topic}`);
  return topic;
}

function cursor(given: unknown): Cursor | undefined {
  if (given === undefined) return undefined;
  const parsed = typeof given === 'string' ? parseCursor(given) : undefined;
  if (!parsed) throw new BadParameterError('after', 'a cursor that an export printed, such as mail.events/0:120,1:118');
  return parsed;
}

function point(field: string, given: unknown): LogPoint | undefined {
  if (given === undefined) return undefined;
  const parsed = typeof given === 'string' ? parseLogPoint(given) : undefined;
  if (!parsed) throw new BadParameterError(field, LOG_POINT_FORMS);
  return parsed;
}

function flag(field: string, given: unknown): boolean {
  if (given === undefined || given === 'false') return false;
  if (given === 'true') return true;
  throw new BadParameterError(field, 'true or false');
}
