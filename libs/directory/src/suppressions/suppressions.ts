import type { SuppressionAdded, SuppressionReason } from '@penstock/events';
import {
  type AnyConsumer,
  type Clock,
  type EventLog,
  type PartitionHandler,
  type StateStore,
  type StoredRecord,
  type Telemetry,
} from '@penstock/ports';
import { ReachedOffsets } from '../reached-offsets.ts';
import { rowName, type Suppression, type SuppressionRow, SuppressionRows } from './suppression-rows.ts';
import { SuppressionTable } from './suppression-table.ts';

type Directory = 'mail.directory';
type Stored = StoredRecord<Directory>;

export interface SuppressionsDeps {
  readonly log: EventLog;
  /** Where the fold is kept, so that a start reads only what is new. */
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly telemetry: Telemetry;
}

/** Whom to ask about. */
export interface AskedRecipient {
  readonly tenant: string;
  readonly recipientHash: string;
  /** Reasons that are not asked for. */
  readonly bypass?: readonly SuppressionReason[] | undefined;
}

/** Why a recipient is suppressed; undefined where it is not. */
export interface SuppressionCheck {
  reasonFor(recipient: AskedRecipient, nowMs: number): SuppressionReason | undefined;
}

/** The changes of a batch, in the making. */
interface Changes {
  readonly suppressions: Map<string, SuppressionRow | undefined>;
  readonly removals: Map<string, number>;
}

/**
 * The suppressions of every tenant: who they are in memory, for whoever asks about each recipient, and the whole of
 * them on disk. Reads `mail.directory` under a group of its own, from where it was, and never commits.
 */
export class Suppressions implements PartitionHandler<Directory>, SuppressionCheck {
  readonly consumer: AnyConsumer;
  private table = new SuppressionTable();
  private rows: SuppressionRows | undefined;
  private endAsFound = Number.POSITIVE_INFINITY;
  private readonly offsets = new ReachedOffsets('the suppressions of mail.directory could not be read');
  private readonly listeners: (() => void)[] = [];
  private awaiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /** @param name unique to the process: the group it reads as */
  constructor(
    private readonly deps: SuppressionsDeps,
    name: string,
  ) {
    this.consumer = { group: `suppressions-${name}`, topic: 'mail.directory', handler: this };
  }

  /** How many there are. */
  get size(): number {
    return this.table.size;
  }

  /** Undefined when all that was there at the start is known, else what is missing. */
  notReady(): string | undefined {
    const { failure, next } = this.offsets;
    return failure ?? (next < this.endAsFound ? 'suppressions are not yet read to their end' : undefined);
  }

  /** Resolves when all that was there at the start is known; rejects if it cannot be read, or is read no more. */
  known(): Promise<void> {
    if (this.notReady() === undefined) return Promise.resolve();
    if (this.offsets.failure) return Promise.reject(new Error(this.offsets.failure));
    return new Promise((resolve, reject) => this.awaiting.push({ resolve, reject }));
  }

  /** Called when there are others than before, and when all are known. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  reasonFor({ tenant, recipientHash, bypass }: AskedRecipient, nowMs: number): SuppressionReason | undefined {
    const found = this.table.find(tenant, recipientHash);
    if (!found || bypass?.includes(found.reason)) return undefined;
    return found.expiresAtS !== 0 && found.expiresAtS * 1000 <= nowMs ? undefined : found.reason;
  }

  /** Undefined where the recipient is not suppressed, or is not any more. */
  async find(tenant: string, recipientHash: string): Promise<Suppression | undefined> {
    if (!this.table.find(tenant, recipientHash)) return undefined;
    const row = await this.rows?.get(tenant, recipientHash);
    return row && !isOver(row, this.deps.clock.now()) ? { ...row, tenant, recipientHash } : undefined;
  }

  /**
   * Whether what a receiver said at that time suppresses the recipient: it is not suppressed, and nobody removed it
   * since.
   *
   * @param at ms since the epoch
   */
  async isNews(tenant: string, recipientHash: string, at: number): Promise<boolean> {
    if (this.reasonFor({ tenant, recipientHash }, this.deps.clock.now()) !== undefined) return false;
    const removedAt = await this.rows?.removedAt(rowName(tenant, recipientHash));
    return removedAt === undefined || at > removedAt;
  }

  /** Of a tenant, in the order of their hashes, from behind `after` on; those that are over among them. */
  async page(tenant: string, after: string | undefined, limit: number): Promise<readonly Suppression[]> {
    return (await this.rows?.page(tenant, after, limit)) ?? [];
  }

  /** Resolves once the record at `offset` is folded and kept; rejects if the topic cannot be read any more. */
  reached(offset: number): Promise<void> {
    return this.offsets.reached(offset);
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.deps.log.bounds('mail.directory', partition);
    const rows = new SuppressionRows(await this.deps.state.open('suppressions'));
    // Assigned once more, it answers from what it knew until it knows it again.
    const { table, from } = await this.start(rows, begin, end);
    this.endAsFound = end;
    this.offsets.startAt(from);
    this.rows = rows;
    this.table = table;
    this.tellChange();
    return from;
  }

  async batch(_partition: number, records: readonly Stored[]): Promise<void> {
    const { rows } = this;
    const last = records.at(-1);
    if (!rows || !last) return;
    const changes: Changes = { suppressions: new Map(), removals: new Map() };
    for (const stored of records) await this.fold(rows, stored, changes);
    const position = last.offset + 1;
    await rows.write({ ...changes, position, mark: { id: last.record.id, offset: last.offset } });
    for (const [name, row] of changes.suppressions) remember(this.table, name, row);
    this.offsets.advance(position);
    if (changes.suppressions.size > 0 || position >= this.endAsFound) this.tellChange();
  }

  async revoked(): Promise<void> {
    this.giveUp('the suppressions of mail.directory are read no more');
  }

  failed(_partition: number, error: unknown): void {
    this.deps.telemetry.log('error', 'suppressions_stopped', { error: String(error) });
    this.offsets.fail();
    this.giveUp('the suppressions of mail.directory could not be read');
  }

  /** What is on disk, unless it is of another log. */
  private async start(rows: SuppressionRows, begin: number, end: number) {
    const table = new SuppressionTable();
    const position = await rows.position();
    if (position === undefined) return { table, from: begin };
    if (position >= begin && position <= end && (await this.isOfThisLog(rows, begin))) {
      await this.load(rows, table);
      return { table, from: position };
    }
    this.deps.telemetry.log('warn', 'suppressions_discarded', { position, begin, end });
    await rows.discard();
    return { table, from: begin };
  }

  /** Where a later record of its recipient took its place, the topic says nothing against it. */
  private async isOfThisLog(rows: SuppressionRows, begin: number): Promise<boolean> {
    const mark = await rows.mark();
    if (!mark || mark.offset < begin) return true;
    const [stored] = await this.deps.log.read('mail.directory', 0, mark.offset, 1);
    return stored?.offset !== mark.offset || stored.record.id === mark.id;
  }

  /** Those that are over are let go. */
  private async load(rows: SuppressionRows, table: SuppressionTable): Promise<void> {
    const now = this.deps.clock.now();
    const over: string[] = [];
    for await (const page of rows.all()) {
      for (const row of page) {
        const name = rowName(row.tenant, row.recipientHash);
        if (isOver(row, now)) over.push(name);
        else remember(table, name, row);
      }
    }
    await rows.forget(over);
  }

  private async fold(rows: SuppressionRows, { record }: Stored, changes: Changes): Promise<void> {
    if (record.type !== 'suppression_added' && record.type !== 'suppression_removed') return;
    const name = rowName(record.body.tenant, record.body.recipientHash);
    if (record.type === 'suppression_removed') {
      changes.suppressions.set(name, undefined);
      changes.removals.set(name, record.at);
      return;
    }
    const { evidence } = record.body;
    if (evidence) {
      const removedAt = changes.removals.get(name) ?? (await rows.removedAt(name));
      if (removedAt !== undefined && evidence.at <= removedAt) return;
    }
    changes.suppressions.set(name, rowOf(record));
  }

  private tellChange(): void {
    for (const listener of this.listeners) listener();
    if (this.notReady() !== undefined) return;
    for (const { resolve } of this.awaiting.splice(0)) resolve();
  }

  private giveUp(why: string): void {
    for (const { reject } of this.awaiting.splice(0)) reject(new Error(why));
  }
}

function remember(table: SuppressionTable, name: string, row: SuppressionRow | undefined): void {
  const [tenant = '', recipientHash = ''] = name.split('/');
  if (!row) table.delete(tenant, recipientHash);
  else table.set(tenant, recipientHash, { reason: row.reason, expiresAtS: Math.ceil((row.expiresAt ?? 0) / 1000) });
}

function isOver({ expiresAt }: SuppressionRow, nowMs: number): boolean {
  return expiresAt !== undefined && expiresAt <= nowMs;
}

function rowOf({ at, body }: SuppressionAdded): SuppressionRow {
  const { tenant: _, recipientHash: __, ...row } = body;
  return { ...row, addedAt: at };
}
