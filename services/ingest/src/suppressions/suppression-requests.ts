/** What is asked of a tenant's suppressions. Each throws RefusedChange for what cannot be what was meant. */
import type { ApiKey } from '@penstock/access';
import type { SuppressionReason } from '@penstock/events';
import { RefusedChange, refusedChange } from '../administration/refused-change.ts';
import { checkTenant } from '../administration/tenants.ts';
import { checkFields, isObject, type JsonObject, type KnownFields } from '../mail-send/fields.ts';
import { Problems } from '../mail-send/problems.ts';
import { isReason, REASON_TEXT } from './suppression-entry.ts';
import { MOST_ENTRIES } from './suppression-lists.ts';

const PAGE_FIELDS: KnownFields = { supported: new Set(['tenant', 'after', 'limit', 'reason']) };
const CHANGE_FIELDS: KnownFields = { supported: new Set(['tenant', 'suppressions']) };
const ADDRESS_FIELDS: KnownFields = { supported: new Set(['tenant', 'addresses']) };
const HASH = /^[0-9a-f]{32}$/;
const MOST_LISTED = 1_000;
const LISTED = 100;

export function readPage(query: Readonly<Record<string, unknown>>, key: ApiKey) {
  return checked(query, PAGE_FIELDS, (fields, problems) => {
    const { after, limit = `${LISTED}`, reason } = fields;
    const count = typeof limit === 'string' && /^[1-9][0-9]{0,3}$/.test(limit) ? Number(limit) : 0;
    if (count < 1 || count > MOST_LISTED) problems.add('limit', `limit must be a whole number of 1 to ${MOST_LISTED}.`);
    if (after !== undefined && !(typeof after === 'string' && HASH.test(after))) {
      problems.add('after', 'after must be the "next" of the page before.');
    }
    if (reason !== undefined && !isReason(reason)) problems.add('reason', REASON_TEXT);
    const page = {
      limit: count,
      ...(after === undefined ? {} : { after: String(after) }),
      ...(reason === undefined ? {} : { reason: reason as SuppressionReason }),
    };
    return { tenant: tenantOf(fields, key, problems), page };
  });
}

export function readChange(body: unknown, key: ApiKey) {
  return checked(body, CHANGE_FIELDS, (fields, problems) => ({
    tenant: tenantOf(fields, key, problems),
    entries: listOf(fields, 'suppressions', problems),
  }));
}

export function readAddresses(body: unknown, key: ApiKey) {
  return checked(body, ADDRESS_FIELDS, (fields, problems) => ({
    tenant: tenantOf(fields, key, problems),
    addresses: listOf(fields, 'addresses', problems),
  }));
}

/** Nobody is told whether another tenant is there. */
function tenantOf({ tenant }: JsonObject, key: ApiKey, problems: Problems): string {
  if (tenant === undefined || tenant === key.tenant) return key.tenant;
  if (!key.scopes.has('operate'))
    throw refusedChange(403, 'tenant', 'This key is for the suppressions of its own tenant.');
  return checkTenant(tenant, problems);
}

function listOf(fields: JsonObject, field: string, problems: Problems): readonly unknown[] {
  const value = fields[field];
  if (Array.isArray(value) && value.length >= 1 && value.length <= MOST_ENTRIES) return value;
  problems.add(field, `${field} must be a list of 1 to ${MOST_ENTRIES}.`);
  return [];
}

function checked<T>(body: unknown, known: KnownFields, read: (fields: JsonObject, problems: Problems) => T): T {
  const problems = new Problems();
  if (!isObject(body)) throw refusedChange(400, null, 'The request body must be a JSON object.');
  checkFields(body, '', known, problems);
  const value = read(body, problems);
  if (!problems.none) throw new RefusedChange(400, problems.list);
  return value;
}
