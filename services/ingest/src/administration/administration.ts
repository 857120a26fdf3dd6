import type { ApiKey } from '@penstock/access';
import type { DirectoryFollower } from '@penstock/directory';
import type { Policy } from '@penstock/policy';
import type { Clock, EventLog, Random, Resolver, Telemetry, Timers } from '@penstock/ports';
import { checkFields, isObject, type JsonObject, type KnownFields } from '../mail-send/fields.ts';
import { Problems } from '../mail-send/problems.ts';
import { ApiKeys, checkClass, checkScopes, type KeyView } from './api-keys.ts';
import { DirectoryWriter } from './directory-writer.ts';
import { type IdentitySettings, senderIdentity } from './dns-records.ts';
import {
  checkDomain,
  type DomainCheck,
  type DomainSummary,
  Domains,
  type DomainView,
  type GenerateDkimKey,
} from './domains.ts';
import {
  type AppliedPolicy,
  applyPolicy,
  type RecordedPolicy,
  recordedPolicy,
  type Smarthost,
} from './policy-change.ts';
import { RefusedChange, refusedChange } from './refused-change.ts';
import { checkName, checkTenant, Tenants, type TenantView } from './tenants.ts';
import {
  checkEvents,
  checkNewKey,
  checkUrl,
  type WebhookSettings,
  Webhooks,
  type WebhookTrial,
  type WebhookView,
} from './webhooks.ts';

export interface AdministrationSettings extends IdentitySettings {
  /** Of people, who have just published something: it should not answer from memory. */
  readonly resolver: Resolver;
  readonly generateDkimKey: GenerateDkimKey;
  /** Nobody is told anything where absent. */
  readonly webhooks?: WebhookSettings | undefined;
  /** Whatever policy is applied is sent through it. */
  readonly smarthost?: Smarthost | undefined;
}

export interface AdministrationDeps {
  readonly log: EventLog;
  readonly directory: DirectoryFollower;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly secretKey: Uint8Array;
  /** The policy of record, whose sources send. */
  policy(): Policy | undefined;
}

const KEY_FIELDS: KnownFields = { supported: new Set(['tenant', 'class', 'scopes', 'label']) };
const TENANT_FIELDS: KnownFields = { supported: new Set(['tenant', 'name']) };
const POLICY_FIELDS: KnownFields = { supported: new Set(['text']) };
const WEBHOOK_FIELDS: KnownFields = { supported: new Set(['tenant', 'url', 'events', 'new_key']) };
const DOMAIN_FIELDS: KnownFields = { supported: new Set(['domain', 'tenant']) };

/** The admin API apart from HTTP. Every method throws RefusedChange for what whoever asked can put right. */
export class Administration {
  private readonly writer: DirectoryWriter;
  private readonly tenants: Tenants;
  private readonly keys: ApiKeys;
  private readonly domains: Domains;
  private readonly webhookSettings: WebhookSettings | undefined;
  private readonly webhooks: Webhooks | undefined;
  private readonly smarthost: Smarthost | undefined;

  constructor(
    private readonly deps: AdministrationDeps,
    settings: AdministrationSettings,
  ) {
    const now = () => deps.clock.now();
    this.writer = new DirectoryWriter(deps);
    this.tenants = new Tenants(this.writer, now);
    this.keys = new ApiKeys(this.writer, deps.random, now);
    const { random, timers, secretKey } = deps;
    const identity = () => senderIdentity(deps.policy(), settings);
    this.domains = new Domains({ ...settings, writer: this.writer, random, timers, secretKey, now, identity });
    this.webhookSettings = settings.webhooks;
    this.smarthost = settings.smarthost;
    this.webhooks =
      settings.webhooks && new Webhooks({ ...settings.webhooks, writer: this.writer, random, secretKey, now });
  }

  /** Resolves when what was begun is settled. */
  close(): Promise<void> {
    return this.writer.close();
  }

  async createKey(body: unknown): Promise<KeyView & { readonly key: string }> {
    const wanted = checked(body, KEY_FIELDS, (fields, problems) => {
      const label = checkName(fields.label, 'label', problems);
      return {
        tenant: checkTenant(fields.tenant, problems),
        class: checkClass(fields.class, problems),
        scopes: checkScopes(fields.scopes, problems),
        ...(label === undefined ? {} : { label }),
      };
    });
    return this.keys.create(wanted);
  }

  listKeys(): readonly KeyView[] {
    return this.keys.list();
  }

  revokeKey(keyId: string): Promise<void> {
    return this.keys.revoke(keyId);
  }

  async setTenant(body: unknown): Promise<TenantView> {
    const { tenant, name } = checked(body, TENANT_FIELDS, (fields, problems) => ({
      tenant: checkTenant(fields.tenant, problems),
      name: checkName(fields.name, 'name', problems),
    }));
    return this.tenants.set(tenant, name);
  }

  listTenants(): readonly TenantView[] {
    return this.tenants.list();
  }

  /** For the tenant named, else for that of the key. */
  async addDomain(body: unknown, key: ApiKey): Promise<{ readonly added: boolean; readonly view: DomainView }> {
    const { tenant, domain } = checked(body, DOMAIN_FIELDS, (fields, problems) => ({
      tenant: fields.tenant === undefined ? key.tenant : checkTenant(fields.tenant, problems),
      domain: checkDomain(fields.domain, problems),
    }));
    return this.domains.add(tenant, domain);
  }

  listDomains(): readonly DomainSummary[] {
    return this.domains.list();
  }

  showDomain(domain: string): DomainView {
    return this.domains.show(namedDomain(domain));
  }

  async checkDomain(domain: string): Promise<DomainCheck> {
    return this.domains.check(namedDomain(domain));
  }

  async removeDomain(domain: string, tenant: unknown): Promise<void> {
    const problems = new Problems();
    const owner = tenant === undefined ? undefined : checkTenant(tenant, problems);
    if (!problems.none) throw new RefusedChange(400, problems.list);
    await this.domains.remove(namedDomain(domain), owner);
  }

  /** Makes the text the policy of record. */
  async applyPolicy(body: unknown, key: ApiKey): Promise<AppliedPolicy> {
    const text = checked(body, POLICY_FIELDS, (fields, problems) => {
      if (typeof fields.text !== 'string') problems.add('text', 'text must be a policy in TOML.');
      return String(fields.text);
    });
    return applyPolicy(text, key, { ...this.deps, smarthost: this.smarthost });
  }

  /** The text that was made the policy of record last. */
  policyOfRecord(): Promise<RecordedPolicy> {
    return recordedPolicy(this.deps.log);
  }

  /** For the tenant named, else for that of the key. */
  async setWebhook(body: unknown, key: ApiKey): Promise<WebhookView> {
    const webhooks = this.withWebhooks();
    const allowHttp = this.webhookSettings?.allowHttp ?? false;
    const wanted = checked(body, WEBHOOK_FIELDS, (fields, problems) => {
      const events = checkEvents(fields.events, problems);
      return {
        tenant: fields.tenant === undefined ? key.tenant : checkTenant(fields.tenant, problems),
        url: checkUrl(fields.url, allowHttp, problems),
        newKey: checkNewKey(fields.new_key, problems),
        ...(events === undefined ? {} : { events }),
      };
    });
    return webhooks.set(wanted);
  }

  listWebhooks(): readonly WebhookView[] {
    return this.webhooks?.list() ?? [];
  }

  async removeWebhook(tenant: string): Promise<void> {
    await this.withWebhooks().remove(tenant);
  }

  async testWebhook(tenant: string): Promise<WebhookTrial> {
    return this.withWebhooks().test(tenant);
  }

  private withWebhooks(): Webhooks {
    const { webhooks } = this;
    if (!webhooks) throw refusedChange(404, null, 'There are no webhooks here.');
    return webhooks;
  }

  /** See Domains. */
  unreadableDomains(): Promise<readonly string[]> {
    return this.domains.unreadableDomains();
  }
}

function namedDomain(domain: string): string {
  const problems = new Problems();
  const name = checkDomain(domain, problems);
  if (!problems.none) throw new RefusedChange(400, problems.list);
  return name;
}

function checked<T>(body: unknown, known: KnownFields, read: (fields: JsonObject, problems: Problems) => T): T {
  const problems = new Problems();
  if (!isObject(body)) problems.add(null, 'The request body must be a JSON object.');
  const fields = isObject(body) ? body : {};
  checkFields(fields, '', known, problems);
  const value = isObject(body) ? read(fields, problems) : undefined;
  if (value === undefined || !problems.none) throw new RefusedChange(400, problems.list);
  return value;
}
