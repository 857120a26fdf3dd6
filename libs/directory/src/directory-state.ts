import type { ApiKeyCreated, DomainAdded, KeyScope, TenantSet, TrafficClass, WebhookSet } from '@penstock/events';

export interface Tenant extends Readonly<TenantSet['body']> {
  /** ms since the epoch: when the latest record about it was written. */
  readonly setAt: number;
}

/** A key that may be used. */
export interface DirectoryApiKey extends Omit<ApiKeyCreated['body'], 'scopes'> {
  readonly scopes: ReadonlySet<KeyScope>;
  readonly class: TrafficClass;
  /** ms since the epoch */
  readonly createdAt: number;
}

export interface SendingDomain extends Readonly<DomainAdded['body']> {
  /** ms since the epoch */
  readonly addedAt: number;
}

export interface Webhook extends Readonly<WebhookSet['body']> {
  /** ms since the epoch: when the tenant was first given a webhook since it had none. What is later is posted. */
  readonly since: number;
  readonly setAt: number;
}

/**
 * Who may send, and as whom: the fold of `mail.directory`. A view: it shows what has been folded by the time it is
 * looked at, and each value in it never changes.
 */
export interface DirectoryState {
  /** By name. */
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** Those that are not revoked, by key id. */
  readonly keys: ReadonlyMap<string, DirectoryApiKey>;
  /** The same keys by the hex of their SHA-256. */
  readonly keysByHash: ReadonlyMap<string, DirectoryApiKey>;
  /** Ids of the keys that were revoked. */
  readonly revokedKeys: ReadonlySet<string>;
  /** By domain name. */
  readonly domains: ReadonlyMap<string, SendingDomain>;
  /** Selectors that keys of a domain had before and no key may have again, by domain name. */
  readonly retiredSelectors: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many domains each tenant has; none means that it may send from any that is nobody's. */
  readonly domainCounts: ReadonlyMap<string, number>;
  /** By tenant. */
  readonly webhooks: ReadonlyMap<string, Webhook>;
  /** Offset of the next record to fold. */
  readonly offset: number;
}

/** The tenant's registered domain that mail from `domain` is sent and signed as: itself or the nearest one above it. */
export function sendingDomain(state: DirectoryState, tenant: string, domain: string): SendingDomain | undefined {
  const found = registeredDomain(state, domain);
  return found?.tenant === tenant ? found : undefined;
}

/** The registered domain that `domain` is or lies below, whoever's it is; the nearest one counts. */
export function registeredDomain(state: DirectoryState, domain: string): SendingDomain | undefined {
  if (state.domains.size === 0) return undefined;
  for (let name = domain; name !== ''; name = parentOf(name)) {
    const found = state.domains.get(name);
    if (found) return found;
  }
  return undefined;
}

function parentOf(domain: string): string {
  const dot = domain.indexOf('.');
  return dot < 0 ? '' : domain.slice(dot + 1);
}

/** Whether the tenant may send from `domain`: its own, and while it has none of its own any that is nobody's. */
export function maySendFrom(state: DirectoryState, tenant: string, domain: string): boolean {
  const found = registeredDomain(state, domain);
  return found ? found.tenant === tenant : !state.domainCounts.has(tenant);
}
