import { isTenantName } from '@penstock/access';
import type { DirectoryState } from '@penstock/directory';
import { derivedId, type TenantSet } from '@penstock/events';
import { hasControlCharacters } from '../mail-send/fields.ts';
import type { Problems } from '../mail-send/problems.ts';
import type { DirectoryWriter } from './directory-writer.ts';

export interface TenantView {
  readonly tenant: string;
  readonly name: string;
  readonly keys: number;
  readonly domains: number;
}

const MAX_NAME = 200;

export class Tenants {
  constructor(
    private readonly writer: DirectoryWriter,
    private readonly now: () => number,
  ) {}

  /** Adds the tenant, or names it anew. */
  async set(tenant: string, name: string | undefined): Promise<TenantView> {
    await this.writer.change((state) => {
      const known = state.tenants.get(tenant);
      if (known && (name === undefined || name === known.name)) return [];
      return [tenantSet(tenant, name ?? tenant, this.now(), state)];
    });
    return this.list().find((view) => view.tenant === tenant) ?? { tenant, name: name ?? tenant, keys: 0, domains: 0 };
  }

  list(): readonly TenantView[] {
    const state = this.writer.state();
    const keys = new Map<string, number>();
    for (const { tenant } of state.keys.values()) keys.set(tenant, (keys.get(tenant) ?? 0) + 1);
    return [...state.tenants.values()]
      .map(({ tenant, name }) => {
        const domains = state.domainCounts.get(tenant) ?? 0;
        return { tenant, name, keys: keys.get(tenant) ?? 0, domains };
      })
      .sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
  }
}

/** The record that adds the tenant where it is not there yet: its first key or domain brings it. */
export function newTenant(state: DirectoryState, tenant: string, at: number): readonly TenantSet[] {
  return state.tenants.has(tenant) ? [] : [tenantSet(tenant, tenant, at, state)];
}

function tenantSet(tenant: string, name: string, at: number, { offset }: DirectoryState): TenantSet {
  const id = derivedId('tenant', tenant, at, offset);
  return { id, type: 'tenant_set', version: 1, at, partition: 0, body: { tenant, name } };
}

export function checkTenant(value: unknown, problems: Problems): string {
  if (typeof value === 'string' && isTenantName(value)) return value;
  problems.add('tenant', 'tenant must be a name of 1 to 63 lower-case letters, digits, - and _, such as "acme".');
  return '';
}

export function checkName(value: unknown, field: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const name = typeof value === 'string' && !hasControlCharacters(value) ? value.trim() : '';
  if (name !== '' && name.length <= MAX_NAME) return name;
  problems.add(field, `${field} must be a text of 1 to ${MAX_NAME} characters on one line.`);
  return undefined;
}
