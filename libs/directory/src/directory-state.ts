import type { ApiKeyCreated, DirectoryRecord, DomainAdded, TenantSet } from '@penstock/events';

export type Tenant = TenantSet['body'];
export type DirectoryApiKey = ApiKeyCreated['body'];
export type SendingDomain = DomainAdded['body'];

/** Who may send, and as whom: the fold of `mail.directory`. */
export interface DirectoryState {
  /** By name. */
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** Those that are not revoked, by key id. */
  readonly keys: ReadonlyMap<string, DirectoryApiKey>;
  /** By domain name. */
  readonly domains: ReadonlyMap<string, SendingDomain>;
  /** How many domains each tenant has; none means that it may send from any. */
  readonly domainCounts: ReadonlyMap<string, number>;
  /** Offset of the next record to fold. */
  readonly offset: number;
}

export const EMPTY_DIRECTORY: DirectoryState = {
  tenants: new Map(),
  keys: new Map(),
  domains: new Map(),
  domainCounts: new Map(),
  offset: 0,
};

/** A domain belongs to whoever added it first, until it is removed. */
export function foldDirectory(state: DirectoryState, record: DirectoryRecord, offset: number): DirectoryState {
  const next = { ...state, offset: offset + 1 };
  switch (record.type) {
    case 'tenant_set':
      return { ...next, tenants: new Map(state.tenants).set(record.body.tenant, record.body) };
    case 'api_key_created':
      return { ...next, keys: new Map(state.keys).set(record.body.keyId, record.body) };
    case 'api_key_revoked':
      return { ...next, keys: without(state.keys, record.body.keyId) };
    case 'domain_added': {
      const { domain, tenant } = record.body;
      const owner = state.domains.get(domain)?.tenant;
      if (owner !== undefined && owner !== tenant) return next;
      return withDomains(next, new Map(state.domains).set(domain, record.body));
    }
    case 'domain_removed': {
      const { domain, tenant } = record.body;
      if (state.domains.get(domain)?.tenant !== tenant) return next;
      return withDomains(next, without(state.domains, domain));
    }
  }
}

function withDomains(state: DirectoryState, domains: ReadonlyMap<string, SendingDomain>): DirectoryState {
  const domainCounts = new Map<string, number>();
  for (const { tenant } of domains.values()) domainCounts.set(tenant, (domainCounts.get(tenant) ?? 0) + 1);
  return { ...state, domains, domainCounts };
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/**
 * The registered domain that mail from `domain` is sent and signed as: itself or the nearest one above it that is the
 * tenant's.
 */
export function sendingDomain(state: DirectoryState, tenant: string, domain: string): SendingDomain | undefined {
  for (let name = domain; name !== ''; name = parentOf(name)) {
    const found = state.domains.get(name);
    if (found) return found.tenant === tenant ? found : undefined;
  }
  return undefined;
}

function parentOf(domain: string): string {
  const dot = domain.indexOf('.');
  return dot < 0 ? '' : domain.slice(dot + 1);
}

/** Whether the tenant may send from `domain`: from any while it has none of its own. */
export function maySendFrom(state: DirectoryState, tenant: string, domain: string): boolean {
  return !state.domainCounts.has(tenant) || sendingDomain(state, tenant, domain) !== undefined;
}
