import type { DirectoryState, Webhook } from '@penstock/directory';
import { derivedId, WEBHOOK_EVENTS, type WebhookEventName, type WebhookSet } from '@penstock/events';
import type { GenerateWebhookKey, Random, WebhookAnswer, WebhookSender } from '@penstock/ports';
import { deriveKey, seal, UnsealError, unseal } from '@penstock/sealing';
import type { Problems } from '../mail-send/problems.ts';
import type { DirectoryWriter } from './directory-writer.ts';
import { refusedChange } from './refused-change.ts';
import { newTenant } from './tenants.ts';

export interface WebhookSettings {
  readonly sender: WebhookSender;
  readonly generateKey: GenerateWebhookKey;
  /** Whether addresses without TLS are taken. */
  readonly allowHttp: boolean;
}

export interface WebhooksDeps extends WebhookSettings {
  readonly writer: DirectoryWriter;
  readonly random: Random;
  readonly secretKey: Uint8Array;
  now(): number;
}

export interface WebhookView {
  readonly tenant: string;
  readonly url: string;
  readonly events: readonly WebhookEventName[];
  /** SubjectPublicKeyInfo, base64: as SendGrid's verification libraries take it. */
  readonly publicKey: string;
  /** ms since the epoch */
  readonly setAt: number;
}

/** What became of a request that was only a trial. */
export interface WebhookTrial {
  readonly url: string;
  readonly taken: boolean;
  readonly status?: number;
  readonly reason?: string;
}

export interface WantedWebhook {
  readonly tenant: string;
  readonly url: string;
  /** All of them where absent, or those it had. */
  readonly events?: readonly WebhookEventName[];
  /** Sign with a new key from now on. */
  readonly newKey: boolean;
}

const NONCE_BYTES = 12;
const MAX_URL = 2_048;

/** Where tenants are told what becomes of their mail: one address each. */
export class Webhooks {
  private readonly sealingKey: Uint8Array;

  constructor(private readonly deps: WebhooksDeps) {
    this.sealingKey = deriveKey(deps.secretKey, 'webhook-keys');
  }

  /** Set again, the address is another, the key the same unless a new one is asked for. */
  async set({ tenant, url, events, newKey }: WantedWebhook): Promise<WebhookView> {
    const fresh = await this.makeKey(tenant);
    await this.deps.writer.change((state) => {
      const known = state.webhooks.get(tenant);
      const { publicKey, sealedPrivateKey } = known && !newKey ? known : fresh;
      const body = { tenant, url, events: events ?? known?.events ?? WEBHOOK_EVENTS, publicKey, sealedPrivateKey };
      return [...newTenant(state, tenant, this.deps.now()), this.record(state, body)];
    });
    return this.show(tenant);
  }

  list(): readonly WebhookView[] {
    const views = [...this.deps.writer.state().webhooks.values()].map(viewOf);
    return views.sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
  }

  show(tenant: string): WebhookView {
    return viewOf(this.find(this.deps.writer.state(), tenant));
  }

  async remove(tenant: string): Promise<void> {
    await this.deps.writer.change((state) => {
      this.find(state, tenant);
      const at = this.deps.now();
      const id = derivedId('webhook_removed', tenant, at, state.offset);
      return [{ id, type: 'webhook_removed', version: 1, at, partition: 0, body: { tenant } }];
    });
  }

  /** Posts one event, signed as all are, that is about no mail: its ids begin with `test`. */
  async test(tenant: string): Promise<WebhookTrial> {
    const webhook = this.find(this.deps.writer.state(), tenant);
    const timestamp = Math.floor(this.deps.now() / 1000);
    const id = derivedId('webhook_test', tenant, this.deps.now());
    const event = { email: 'test@example.com', timestamp, event: 'processed', sg_event_id: `test-${id}` };
    const body = new TextEncoder().encode(JSON.stringify([{ ...event, sg_message_id: 'test' }]));
    const { url } = webhook;
    const answer = await this.deps.sender.post({ url, body, timestamp, privateKey: this.keyOf(webhook) });
    return { url, ...trialOf(answer) };
  }

  private keyOf({ tenant, sealedPrivateKey }: Webhook): Uint8Array {
    try {
      return unseal(this.sealingKey, sealedPrivateKey, tenant);
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      const help = 'Make a new one: penstock webhook key --new.';
      throw refusedChange(409, 'tenant', 'The signing key was sealed under another secret key.', help);
    }
  }

  private find(state: DirectoryState, tenant: string): Webhook {
    const found = state.webhooks.get(tenant);
    if (found) return found;
    throw refusedChange(404, 'tenant', `${tenant} has no webhook.`, 'penstock webhook list shows those there are.');
  }

  private async makeKey(tenant: string): Promise<Pick<WebhookSet['body'], 'publicKey' | 'sealedPrivateKey'>> {
    const { publicKey, privateKey } = await this.deps.generateKey();
    const nonce = this.deps.random.bytes(NONCE_BYTES);
    return { publicKey, sealedPrivateKey: seal(this.sealingKey, privateKey, tenant, nonce) };
  }

  private record(state: DirectoryState, body: WebhookSet['body']): WebhookSet {
    const at = this.deps.now();
    const id = derivedId('webhook', body.tenant, at, state.offset);
    return { id, type: 'webhook_set', version: 1, at, partition: 0, body };
  }
}

function viewOf({ tenant, url, events, publicKey, setAt }: Webhook): WebhookView {
  return { tenant, url, events, publicKey, setAt };
}

function trialOf(answer: WebhookAnswer): Omit<WebhookTrial, 'url'> {
  if (answer.kind === 'failed') return { taken: false, reason: `${answer.reason}: ${answer.detail}` };
  return { taken: answer.status >= 200 && answer.status < 300, status: answer.status };
}

export function checkUrl(value: unknown, allowHttp: boolean, problems: Problems): string {
  const url = typeof value === 'string' && value.length <= MAX_URL ? URL.parse(value) : null;
  const secure = url?.protocol === 'https:' || (allowHttp && url?.protocol === 'http:');
  if (url && secure && url.username === '' && url.password === '' && url.hash === '') return url.href;
  const form = allowHttp ? 'an http or https address' : 'an https address';
  problems.add('url', `url must be ${form} without user, password and fragment, such as "https://example.com/hook".`);
  return '';
}

export function checkEvents(value: unknown, problems: Problems): readonly WebhookEventName[] | undefined {
  if (value === undefined) return undefined;
  const known: ReadonlySet<unknown> = new Set(WEBHOOK_EVENTS);
  if (Array.isArray(value) && value.length > 0 && value.every((each) => known.has(each))) {
    return WEBHOOK_EVENTS.filter((name) => value.includes(name));
  }
  problems.add('events', `events must be a list of some of ${WEBHOOK_EVENTS.join(', ')}.`);
  return undefined;
}

export function checkNewKey(value: unknown, problems: Problems): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  problems.add('new_key', 'new_key must be true or false.');
  return false;
}
