import type { ApiKeyCreated, DirectoryRecord, DomainAdded, DomainRemoved, WebhookSet } from '@penstock/events';
import type { DirectoryApiKey, DirectoryState, SendingDomain, Tenant, Webhook } from './directory-state.ts';

/**
 * Folds `mail.directory` in place: each record costs the same, however many there are. Whoever holds `state` sees what
 * is folded later, too.
 */
export class DirectoryFold {
  private readonly tenants = new Map<string, Tenant>();
  private readonly keys = new Map<string, DirectoryApiKey>();
  private readonly keysByHash = new Map<string, DirectoryApiKey>();
  private readonly revokedKeys = new Set<string>();
  private readonly domains = new Map<string, SendingDomain>();
  private readonly domainCounts = new Map<string, number>();
  private readonly retiredSelectors = new Map<string, Set<string>>();
  private readonly webhooks = new Map<string, Webhook>();
  /** The record id of each domain's addition, and those that a removal ended: appended again, they are repeats. */
  private readonly additions = new Map<string, string>();
  private readonly endedAdditions = new Set<string>();
  private nextOffset: number;

  constructor(offset = 0) {
    this.nextOffset = offset;
  }

  get state(): DirectoryState {
    const { tenants, keys, keysByHash, revokedKeys, domains, domainCounts, retiredSelectors, webhooks } = this;
    const offset = this.nextOffset;
    return { tenants, keys, keysByHash, revokedKeys, domains, domainCounts, retiredSelectors, webhooks, offset };
  }

  fold(record: DirectoryRecord, offset: number): void {
    this.nextOffset = offset + 1;
    switch (record.type) {
      case 'tenant_set':
        this.tenants.set(record.body.tenant, { ...record.body, setAt: record.at });
        break;
      case 'api_key_created':
        this.keyCreated(record);
        break;
      case 'api_key_revoked':
        this.keyRevoked(record.body.keyId);
        break;
      case 'domain_added':
        this.domainAdded(record);
        break;
      case 'domain_removed':
        this.domainRemoved(record);
        break;
      case 'webhook_set':
        this.webhookSet(record);
        break;
      case 'webhook_removed':
        this.webhooks.delete(record.body.tenant);
        break;
      case 'suppression_added':
      case 'suppression_removed':
        // By the million: they are folded apart (suppressions.ts), by those who ask about recipients.
        break;
    }
  }

  private webhookSet({ body, at }: WebhookSet): void {
    const since = this.webhooks.get(body.tenant)?.since ?? at;
    this.webhooks.set(body.tenant, { ...body, since, setAt: at });
  }

  private keyCreated({ body, at }: ApiKeyCreated): void {
    if (this.revokedKeys.has(body.keyId) || this.keys.has(body.keyId)) return;
    const key = { ...body, scopes: new Set(body.scopes), createdAt: at };
    this.keys.set(body.keyId, key);
    this.keysByHash.set(body.hash, key);
  }

  private keyRevoked(keyId: string): void {
    this.revokedKeys.add(keyId);
    const key = this.keys.get(keyId);
    if (!key) return;
    this.keys.delete(keyId);
    this.keysByHash.delete(key.hash);
  }

  /** A domain belongs to whoever added it first, until it is removed; added again, it has the newer keys. */
  private domainAdded({ id, body, at }: DomainAdded): void {
    const { domain, tenant } = body;
    const owner = this.domains.get(domain)?.tenant;
    if (this.endedAdditions.has(id) || (owner !== undefined && owner !== tenant)) return;
    this.retireSelectors(domain);
    this.domains.set(domain, { ...body, addedAt: at });
    this.additions.set(domain, id);
    if (owner === undefined) this.count(tenant, 1);
  }

  private domainRemoved({ body: { domain, tenant } }: DomainRemoved): void {
    if (this.domains.get(domain)?.tenant !== tenant) return;
    this.retireSelectors(domain);
    this.domains.delete(domain);
    this.endedAdditions.add(this.additions.get(domain) ?? '');
    this.additions.delete(domain);
    this.count(tenant, -1);
  }

  private retireSelectors(domain: string): void {
    const keys = this.domains.get(domain)?.keys ?? [];
    if (keys.length === 0) return;
    const retired = this.retiredSelectors.get(domain) ?? new Set<string>();
    for (const { selector } of keys) retired.add(selector);
    this.retiredSelectors.set(domain, retired);
  }

  private count(tenant: string, change: number): void {
    const count = (this.domainCounts.get(tenant) ?? 0) + change;
    if (count > 0) this.domainCounts.set(tenant, count);
    else this.domainCounts.delete(tenant);
  }
}

/** The state after these records. */
export function foldDirectory(records: readonly DirectoryRecord[]): DirectoryState {
  const fold = new DirectoryFold();
  for (const [offset, record] of records.entries()) fold.fold(record, offset);
  return fold.state;
}
