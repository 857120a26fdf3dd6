import type { Suppression, Suppressions } from '@penstock/directory';
import {
  type DirectoryRecord,
  type SuppressionAdded,
  type SuppressionEvidence,
  type SuppressionReason,
  suppressionId,
} from '@penstock/events';
import type { Clock, EventLog, Random, Telemetry, Timers } from '@penstock/ports';
import { deriveKey, openAddress, RecipientHasher, sealAddress, UnsealError } from '@penstock/sealing';
import { refusedChange } from '../administration/refused-change.ts';
import { type RefusedEntry, readAddress, readEntry, type SuppressionEntry } from './suppression-entry.ts';

export interface SuppressionListsDeps {
  readonly log: EventLog;
  readonly suppressions: Suppressions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly secretKey: Uint8Array;
  readonly recipientKey: Uint8Array;
}

export interface SuppressionView {
  /** Null where it was sealed under another secret key. */
  readonly address: string | null;
  readonly reason: SuppressionReason;
  /** ms since the epoch */
  readonly addedAt: number;
  readonly expiresAt?: number;
  readonly evidence?: SuppressionEvidence;
}

export interface SuppressionPage {
  readonly suppressions: readonly SuppressionView[];
  /** Where the next page begins; absent behind the last. */
  readonly next?: string;
}

export interface AddedSuppressions {
  readonly added: number;
  /** Were suppressed for that reason and until then before, or would be over already. */
  readonly unchanged: number;
  readonly refused: readonly RefusedEntry[];
}

export interface RemovedSuppressions {
  readonly removed: number;
  /** Were not suppressed. */
  readonly unknown: number;
  readonly refused: readonly RefusedEntry[];
}

/** Entries of one request at most. */
export const MOST_ENTRIES = 1_000;
/** How long a change that is durable may take to be read back. */
const READ_BACK_MS = 10_000;
const NONCE_BYTES = 12;
/** Entries sealed or opened before others get their turn: a millisecond or two. */
const ENTRIES_A_TURN = 200;

/** A tenant's own suppressions, read and changed. What is changed is durable and in force in this process when answered. */
export class SuppressionLists {
  private readonly sealingKey: Uint8Array;
  private readonly recipients: RecipientHasher;

  constructor(private readonly deps: SuppressionListsDeps) {
    this.sealingKey = deriveKey(deps.secretKey, 'suppressed-addresses');
    this.recipients = new RecipientHasher(deps.recipientKey);
  }

  async add(tenant: string, entries: readonly unknown[]): Promise<AddedSuppressions> {
    this.mustBeReady();
    const refused: RefusedEntry[] = [];
    const records = new Map<string, SuppressionAdded>();
    const now = this.deps.clock.now();
    for (const [index, value] of entries.entries()) {
      await this.turn(index);
      const entry = readEntry(value);
      if (typeof entry === 'string') {
        refused.push({ index, message: entry });
        continue;
      }
      const recipientHash = this.hash(entry.mailbox.address);
      if (await this.isChange(tenant, recipientHash, entry, now)) {
        records.set(recipientHash, this.added(tenant, recipientHash, entry, now));
      }
    }
    await this.write([...records.values()]);
    return { added: records.size, unchanged: entries.length - records.size - refused.length, refused };
  }

  async remove(tenant: string, addresses: readonly unknown[]): Promise<RemovedSuppressions> {
    this.mustBeReady();
    const { hashes, refused } = this.read(addresses);
    const at = this.deps.clock.now();
    const records: DirectoryRecord[] = [];
    for (const recipientHash of new Set(hashes)) {
      if (!(await this.deps.suppressions.find(tenant, recipientHash))) continue;
      const id = suppressionId(tenant, recipientHash);
      const body = { tenant, recipientHash };
      records.push({ id, type: 'suppression_removed', version: 1, at, partition: 0, body });
    }
    await this.write(records);
    return { removed: records.length, unknown: addresses.length - refused.length - records.length, refused };
  }

  /** Those of the addresses that are suppressed. */
  async find(tenant: string, addresses: readonly unknown[]): Promise<readonly SuppressionView[]> {
    this.mustBeReady();
    const found: SuppressionView[] = [];
    for (const recipientHash of new Set(this.read(addresses).hashes)) {
      const suppression = await this.deps.suppressions.find(tenant, recipientHash);
      if (suppression) found.push(this.view(suppression));
    }
    return found;
  }

  /** @param reason only these, where given; a page may then be short though others follow */
  async list(tenant: string, page: { after?: string; limit: number; reason?: SuppressionReason }) {
    this.mustBeReady();
    const { suppressions, clock } = this.deps;
    const rows = await suppressions.page(tenant, page.after, page.limit);
    const now = clock.now();
    const views: SuppressionView[] = [];
    for (const [index, row] of rows.entries()) {
      await this.turn(index);
      const isWanted = page.reason === undefined || row.reason === page.reason;
      if (isWanted && (row.expiresAt === undefined || row.expiresAt > now)) views.push(this.view(row));
    }
    const last = rows.length < page.limit ? undefined : rows.at(-1)?.recipientHash;
    return { suppressions: views, ...(last === undefined ? {} : { next: last }) } satisfies SuppressionPage;
  }

  private read(addresses: readonly unknown[]) {
    const refused: RefusedEntry[] = [];
    const hashes = addresses.flatMap((value, index) => {
      const mailbox = readAddress(value);
      if (typeof mailbox !== 'string') return [this.hash(mailbox.address)];
      refused.push({ index, message: mailbox });
      return [];
    });
    return { hashes, refused };
  }

  private async isChange(tenant: string, hash: string, { reason, expiresAt }: SuppressionEntry, now: number) {
    if (expiresAt !== undefined && expiresAt <= now) return false;
    const known = await this.deps.suppressions.find(tenant, hash);
    return known?.reason !== reason || known.expiresAt !== expiresAt;
  }

  private added(tenant: string, recipientHash: string, entry: SuppressionEntry, at: number): SuppressionAdded {
    const { mailbox, reason, expiresAt } = entry;
    const nonce = this.deps.random.bytes(NONCE_BYTES);
    const sealedAddress = sealAddress(this.sealingKey, { tenant, recipientHash }, mailbox.address, nonce);
    const whose = { tenant, recipientHash, domain: mailbox.domain, sealedAddress };
    const body = { ...whose, reason, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const id = suppressionId(tenant, recipientHash);
    return { id, type: 'suppression_added', version: 1, at, partition: 0, body };
  }

  private view(suppression: Suppression): SuppressionView {
    const { reason, addedAt, expiresAt, evidence } = suppression;
    return {
      address: this.open(suppression),
      reason,
      addedAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(evidence === undefined ? {} : { evidence }),
    };
  }

  private open(suppression: Suppression): string | null {
    try {
      return openAddress(this.sealingKey, suppression, suppression.sealedAddress);
    } catch (error) {
      if (error instanceof UnsealError) return null;
      throw error;
    }
  }

  private hash(address: string): string {
    return this.recipients.hash(address).hex;
  }

  private async turn(index: number): Promise<void> {
    if (index > 0 && index % ENTRIES_A_TURN === 0) await this.deps.timers.sleep(0);
  }

  private mustBeReady(): void {
    const missing = this.deps.suppressions.notReady();
    if (missing !== undefined) throw refusedChange(503, null, `Not ready: ${missing}. Try again.`);
  }

  /** Durable, and read back: whoever asks next is told of it. */
  private async write(records: readonly DirectoryRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { log, suppressions, telemetry } = this.deps;
    try {
      const [receipt] = await log.append([{ topic: 'mail.directory', partition: 0, records }]);
      if (!receipt) throw new Error('the log answered without an offset');
      await this.within(suppressions.reached(receipt.offset + records.length - 1));
    } catch (error) {
      telemetry.log('error', 'suppressions_not_changed', { error: String(error) });
      throw refusedChange(503, null, 'It is not known whether the change was stored. Do it again: that is harmless.');
    }
  }

  private within(reached: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const overdue = this.deps.timers.after(READ_BACK_MS, () => reject(new Error('the change was not read back')));
      reached.then(resolve, reject).finally(() => overdue.cancel());
    });
  }
}
