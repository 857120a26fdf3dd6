import type { Suppressions } from '@penstock/directory';
import { type Bounced, type DirectoryRecord, type SuppressionAdded, suppressionId } from '@penstock/events';
import type {
  AnyConsumer,
  ContentStore,
  EventLog,
  PartitionHandler,
  PenstockService,
  Random,
  StoredRecord,
  Telemetry,
  Timers,
} from '@penstock/ports';
import { deriveKey, RecipientHasher, sealAddress } from '@penstock/sealing';
import { RecipientReader } from '../webhook/recipient-reader.ts';
import { suppressedBy } from './address-verdicts.ts';

export interface BounceSuppressorDeps {
  readonly log: EventLog;
  readonly content: Pick<ContentStore, 'get'>;
  /** Joined to the log by whoever made it. */
  readonly suppressions: Pick<Suppressions, 'known' | 'isNews'>;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly secretKey: Uint8Array;
  readonly recipientKey: Uint8Array;
}

const GROUP = 'suppressor';
/** Nobody waits for it: the next mail to the address is seldom written within a second. */
const MAY_LAG_MS = 1_000;
/** Records without a bounce after which the position is remembered all the same. */
const COMMIT_EVERY = 10_000;
const NONCE_BYTES = 12;
const FIRST_WAIT_MS = 100;
/** What fails is repeated this often, over about a minute, before the partition stops. */
const MAX_RETRIES = 9;

/**
 * The reactor that suppresses the address a receiver said does not exist. The bounce says where the address lies, so
 * nothing is remembered here; the position is committed once what it led to is durable, and who is suppressed already,
 * or was removed since, stays as it is: a bounce that is read twice changes nothing.
 */
export class BounceSuppressor implements PenstockService, PartitionHandler<'mail.events'> {
  readonly consumers: readonly AnyConsumer[];
  private readonly reader: RecipientReader;
  private readonly sealingKey: Uint8Array;
  private readonly recipients: RecipientHasher;
  private readonly uncommitted = new Map<number, number>();
  private failure: string | undefined;

  constructor(private readonly deps: BounceSuppressorDeps) {
    this.reader = new RecipientReader(deps.content);
    this.sealingKey = deriveKey(deps.secretKey, 'suppressed-addresses');
    this.recipients = new RecipientHasher(deps.recipientKey);
    this.consumers = [{ group: GROUP, topic: 'mail.events', mayLagMs: MAY_LAG_MS, handler: this }];
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  notReady(): string | undefined {
    return this.failure;
  }

  async assigned(partition: number): Promise<number> {
    const { log } = this.deps;
    const { begin } = await log.bounds('mail.events', partition);
    this.uncommitted.set(partition, 0);
    return Math.max((await log.committed(GROUP, 'mail.events', partition)) ?? begin, begin);
  }

  async batch(partition: number, records: readonly StoredRecord<'mail.events'>[]): Promise<void> {
    const bounces = records.flatMap(({ record }) => (record.type === 'bounced' ? [record] : []));
    const added = bounces.length > 0 ? await this.suppress(bounces) : 0;
    const waiting = (this.uncommitted.get(partition) ?? 0) + records.length;
    this.uncommitted.set(partition, waiting);
    const last = records.at(-1);
    if (last && (added > 0 || waiting >= COMMIT_EVERY)) await this.commit(partition, last.offset + 1);
  }

  async revoked(partition: number): Promise<void> {
    this.uncommitted.delete(partition);
  }

  failed(partition: number, error: unknown): void {
    this.failure = `bounces of partition ${partition} of mail.events suppress nobody any more`;
    this.deps.telemetry.log('error', 'suppressor_stopped', { partition, error: String(error) });
  }

  /** Answers how many were added. */
  private async suppress(bounces: readonly Bounced[]): Promise<number> {
    const records = new Map<string, SuppressionAdded>();
    for (const bounce of bounces) {
      const record = await this.suppression(bounce);
      if (record) records.set(record.id, record);
    }
    if (records.size > 0) await this.append([...records.values()]);
    return records.size;
  }

  private async suppression({ at, deliveryId, tenant, body }: Bounced): Promise<SuppressionAdded | undefined> {
    const reason = suppressedBy(body.verdict);
    const { recipient } = body;
    // Bounces of earlier releases do not say where the address lies.
    if (reason === undefined || recipient === undefined || deliveryId === undefined || !tenant) return undefined;
    const address = (await this.insist(() => this.reader.read(recipient)))?.address;
    if (address === undefined) return undefined;
    const recipientHash = this.recipients.hash(address).hex;
    await this.deps.suppressions.known();
    if (!(await this.deps.suppressions.isNews(tenant, recipientHash, at))) return undefined;
    const nonce = this.deps.random.bytes(NONCE_BYTES);
    const sealedAddress = sealAddress(this.sealingKey, { tenant, recipientHash }, address, nonce);
    const whose = { tenant, recipientHash, domain: address.slice(address.lastIndexOf('@') + 1), sealedAddress };
    const evidence = { deliveryId, at, cause: body.verdict.cause };
    const id = suppressionId(tenant, recipientHash);
    return { id, type: 'suppression_added', version: 1, at, partition: 0, body: { ...whose, reason, evidence } };
  }

  private async append(records: readonly DirectoryRecord[]): Promise<void> {
    await this.insist(() => this.deps.log.append([{ topic: 'mail.directory', partition: 0, records }]));
  }

  /** A position that is not remembered is only read again. */
  private async commit(partition: number, offset: number): Promise<void> {
    this.uncommitted.set(partition, 0);
    try {
      await this.deps.log.commit(GROUP, 'mail.events', partition, offset);
    } catch (error) {
      this.deps.telemetry.log('warn', 'suppressor_commit_failed', { partition, error: String(error) });
    }
  }

  /** Repeats what failed: reading is harmless, and what an append may already have stored is a repeat. */
  private async insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let retry = 0; ; retry++) {
      try {
        return await attempt();
      } catch (error) {
        if (retry === MAX_RETRIES) throw error;
        this.deps.telemetry.log('warn', 'suppressor_retried', { retry, error: String(error) });
        await this.deps.timers.sleep(FIRST_WAIT_MS * 2 ** retry);
      }
    }
  }
}

export function createBounceSuppressor(deps: BounceSuppressorDeps): BounceSuppressor {
  return new BounceSuppressor(deps);
}
