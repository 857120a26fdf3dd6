import type { HttpClient } from './http-client.ts';

export interface KeyView {
  readonly id: string;
  readonly tenant: string;
  readonly class: string;
  readonly scopes: readonly string[];
  readonly label?: string;
  /** ms since the epoch */
  readonly createdAt: number;
}

export interface TenantView {
  readonly tenant: string;
  readonly name: string;
  readonly keys: number;
  readonly domains: number;
}

export interface DomainSummary {
  readonly domain: string;
  readonly tenant: string;
  readonly returnPath: string;
  /** ms since the epoch */
  readonly addedAt: number;
  readonly selectors: readonly string[];
}

export interface DomainView extends DomainSummary {
  readonly records: readonly { readonly purpose: string; readonly zone: string }[];
  readonly notes: readonly string[];
}

export interface CheckedRecord {
  readonly purpose: string;
  readonly type: string;
  readonly name: string;
  readonly status: 'ok' | 'missing' | 'differs' | 'unknown';
  readonly wanted: string;
  readonly found: readonly string[];
  readonly detail?: string;
}

export interface DomainCheck {
  readonly domain: string;
  readonly ok: boolean;
  readonly records: readonly CheckedRecord[];
  readonly notes: readonly string[];
}

export interface WebhookView {
  readonly tenant: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly publicKey: string;
  /** ms since the epoch */
  readonly setAt: number;
}

export interface WebhookTrial {
  readonly url: string;
  readonly taken: boolean;
  readonly status?: number;
  readonly reason?: string;
}

/** The admin API by its routes; each asks for a key with the scope `operate`. */
export class AdminApi {
  constructor(private readonly client: HttpClient) {}

  async createKey(wanted: object): Promise<KeyView & { readonly key: string }> {
    return (await this.client.post('/v1/admin/keys', wanted)).body as KeyView & { readonly key: string };
  }

  async keys(): Promise<readonly KeyView[]> {
    return ((await this.client.get('/v1/admin/keys')) as { readonly keys: readonly KeyView[] }).keys;
  }

  async revokeKey(id: string): Promise<void> {
    await this.client.delete(`/v1/admin/keys/${encodeURIComponent(id)}`);
  }

  async setTenant(tenant: string, name: string | undefined): Promise<TenantView> {
    return (await this.client.post('/v1/admin/tenants', { tenant, name })).body as TenantView;
  }

  async tenants(): Promise<readonly TenantView[]> {
    return ((await this.client.get('/v1/admin/tenants')) as { readonly tenants: readonly TenantView[] }).tenants;
  }

  async addDomain(domain: string, tenant: string | undefined): Promise<{ readonly added: boolean } & DomainView> {
    const { status, body } = await this.client.post('/v1/admin/domains', { domain, tenant });
    return { ...(body as DomainView), added: status === 201 };
  }

  async domains(): Promise<readonly DomainSummary[]> {
    return ((await this.client.get('/v1/admin/domains')) as { readonly domains: readonly DomainSummary[] }).domains;
  }

  async checkDomain(domain: string): Promise<DomainCheck> {
    return (await this.client.post(`/v1/admin/domains/${encodeURIComponent(domain)}/check`)).body as DomainCheck;
  }

  async removeDomain(domain: string, tenant: string | undefined): Promise<void> {
    const query = tenant === undefined ? '' : `?${new URLSearchParams({ tenant })}`;
    await this.client.delete(`/v1/admin/domains/${encodeURIComponent(domain)}${query}`);
  }

  async applyPolicy(text: string): Promise<{ readonly version: string; readonly changed: boolean }> {
    const { body } = await this.client.post('/v1/admin/policy', { text });
    return body as { readonly version: string; readonly changed: boolean };
  }

  /** The policy of record. */
  async policy(): Promise<{ readonly version: string; readonly text: string }> {
    return (await this.client.get('/v1/admin/policy')) as { readonly version: string; readonly text: string };
  }

  async setWebhook(wanted: object): Promise<WebhookView> {
    return (await this.client.post('/v1/admin/webhooks', wanted)).body as WebhookView;
  }

  async webhooks(): Promise<readonly WebhookView[]> {
    return ((await this.client.get('/v1/admin/webhooks')) as { readonly webhooks: readonly WebhookView[] }).webhooks;
  }

  async removeWebhook(tenant: string): Promise<void> {
    await this.client.delete(`/v1/admin/webhooks/${encodeURIComponent(tenant)}`);
  }

  async testWebhook(tenant: string): Promise<WebhookTrial> {
    return (await this.client.post(`/v1/admin/webhooks/${encodeURIComponent(tenant)}/test`)).body as WebhookTrial;
  }
}
