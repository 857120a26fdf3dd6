import { DirectoryFollower, type DirectoryState, type Webhook } from '@penstock/directory';
import type {
  AnyConsumer,
  KeyedStore,
  PartitionHandler,
  PenstockService,
  StateStore,
  StoredRecord,
} from '@penstock/ports';
import { deriveKey, unseal } from '@penstock/sealing';
import { type EndpointFigures, EndpointQueue, type EndpointQueueDeps } from './endpoint-queue.ts';
import { RecipientReader } from './recipient-reader.ts';
import { WebhookStore } from './webhook-store.ts';

export interface WebhooksDeps extends EndpointQueueDeps {
  /** Where positions and deliveries under way are kept. */
  readonly state: StateStore;
  readonly secretKey: Uint8Array;
  /** Name of the process. */
  readonly owner: string;
}

/** A webhook that comes a quarter of a second later is no later than its batch. */
const MAY_LAG_MS = 250;

/**
 * The reactor that tells tenants what becomes of their mail. Its group shares the partitions of `mail.events` among
 * processes and says when there is something new; what is new each endpoint reads for itself.
 */
export class Webhooks implements PenstockService, PartitionHandler<'mail.events'> {
  readonly consumers: readonly AnyConsumer[];
  private readonly directory: DirectoryFollower;
  private readonly reader: RecipientReader;
  private readonly sealingKey: Uint8Array;
  /** By tenant and begin. */
  private readonly queues = new Map<string, EndpointQueue>();
  /** Ends of the partitions read here. */
  private readonly ends = new Map<number, number>();
  private readonly leaving = new Set<Promise<void>>();
  private store: KeyedStore | undefined;

  constructor(private readonly deps: WebhooksDeps) {
    const { log, telemetry, owner } = deps;
    this.directory = new DirectoryFollower(log, telemetry, `webhooks-${owner}`);
    this.directory.onChange((state) => this.follow(state));
    this.reader = new RecipientReader(deps.content);
    this.sealingKey = deriveKey(deps.secretKey, 'webhook-keys');
    this.consumers = [
      this.directory.consumer,
      { group: 'webhooks', topic: 'mail.events', mayLagMs: MAY_LAG_MS, handler: this },
    ];
  }

  get figures(): readonly EndpointFigures[] {
    return [...this.queues.values()].map(({ figures }) => figures);
  }

  async start(): Promise<void> {
    this.store = await this.deps.state.open('webhooks');
    this.follow(this.directory.state);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.stop()));
    await Promise.all(this.leaving);
    this.queues.clear();
  }

  notReady(): string | undefined {
    return this.directory.notReady();
  }

  async assigned(partition: number): Promise<number> {
    const { end } = await this.deps.log.bounds('mail.events', partition);
    this.ends.set(partition, end);
    for (const queue of this.queues.values()) queue.assign(partition, end);
    return end;
  }

  async batch(partition: number, records: readonly StoredRecord<'mail.events'>[]): Promise<void> {
    const last = records.at(-1);
    if (!last) return;
    this.ends.set(partition, last.offset + 1);
    for (const queue of this.queues.values()) queue.reached(partition, last.offset + 1);
  }

  async revoked(partition: number): Promise<void> {
    this.ends.delete(partition);
    for (const queue of this.queues.values()) queue.revoke(partition);
  }

  failed(partition: number, error: unknown): void {
    this.deps.telemetry.log('error', 'webhooks_stopped', { partition, error: String(error) });
  }

  /** Begins and ends queues as the directory has it, once all of that is known. */
  private follow({ webhooks }: DirectoryState): void {
    const { store } = this;
    if (!store || !this.directory.knowsAll()) return;
    const wanted = new Map([...webhooks.values()].map((webhook) => [nameOf(webhook), webhook]));
    for (const [name, queue] of this.queues) {
      if (wanted.has(name)) continue;
      this.queues.delete(name);
      this.settle(queue.stop().then(() => new WebhookStore(store, name).forget()));
    }
    for (const [name, webhook] of wanted) {
      const queue = this.queues.get(name);
      if (queue) queue.change(webhook);
      else this.begin(name, webhook, store);
    }
  }

  private begin(name: string, webhook: Webhook, store: KeyedStore): void {
    const keyOf = ({ tenant, sealedPrivateKey }: Webhook) => unseal(this.sealingKey, sealedPrivateKey, tenant);
    const queue = new EndpointQueue(webhook, this.deps, new WebhookStore(store, name), this.reader, keyOf);
    this.queues.set(name, queue);
    for (const [partition, end] of this.ends) queue.assign(partition, end);
  }

  private settle(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.deps.telemetry.log('error', 'webhook_stalled', { error: String(error) }))
      .finally(() => this.leaving.delete(settled));
    this.leaving.add(settled);
  }
}

function nameOf({ tenant, since }: Webhook): string {
  return `${tenant}@${since}`;
}

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  return new Webhooks(deps);
}
