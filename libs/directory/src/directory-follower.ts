import {
  type AnyConsumer,
  type EventLog,
  type PartitionHandler,
  type StoredRecord,
  type Telemetry,
} from '@penstock/ports';
import { DirectoryFold } from './directory-fold.ts';
import type { DirectoryApiKey, DirectoryState } from './directory-state.ts';
import { ReachedOffsets } from './reached-offsets.ts';

type Directory = 'mail.directory';

/** Reads `mail.directory` from its start under a group of its own and never commits. */
export class DirectoryFollower implements PartitionHandler<Directory> {
  readonly consumer: AnyConsumer;
  private fold = new DirectoryFold();
  private endAsFound = Number.POSITIVE_INFINITY;
  private readonly offsets = new ReachedOffsets('mail.directory could not be read');
  private readonly listeners: ((state: DirectoryState) => void)[] = [];

  /** @param name unique to the process: the group it reads as */
  constructor(
    private readonly log: EventLog,
    private readonly telemetry: Telemetry,
    name: string,
  ) {
    this.consumer = { group: `directory-${name}`, topic: 'mail.directory', handler: this };
  }

  get state(): DirectoryState {
    return this.fold.state;
  }

  /** Undefined when all that was there at the start is known, else what is missing. */
  notReady(): string | undefined {
    const { failure } = this.offsets;
    if (failure) return failure;
    return this.state.offset < this.endAsFound ? 'mail.directory is not yet read to its end' : undefined;
  }

  /** Whether every key there is can be found: before, an unknown key may only be one not yet read. */
  knowsAll(): boolean {
    return this.notReady() === undefined;
  }

  /**
   * The key with this hash, unless it is revoked. A look-up in a map takes longer for some hashes than for others;
   * that tells nothing, since whoever asks cannot choose the hash of a guessed key, and the 192 random bits behind a
   * stored one cannot be found from it.
   *
   * @param hash hex of the key's SHA-256
   */
  keyOfHash(hash: string): DirectoryApiKey | undefined {
    return this.state.keysByHash.get(hash);
  }

  holdsKey(keyId: string): boolean {
    return this.state.keys.has(keyId);
  }

  /** Called with the state after each batch, and at the start: there may be nothing to read. */
  onChange(listener: (state: DirectoryState) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves once the record at `offset` is folded; rejects if the topic cannot be read any more. */
  reached(offset: number): Promise<void> {
    return this.offsets.reached(offset);
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.log.bounds('mail.directory', partition);
    this.endAsFound = end;
    this.fold = new DirectoryFold(begin);
    this.offsets.startAt(begin);
    this.changed();
    return begin;
  }

  async batch(_partition: number, records: readonly StoredRecord<Directory>[]): Promise<void> {
    for (const { offset, record } of records) this.fold.fold(record, offset);
    this.changed();
    this.offsets.advance(this.state.offset);
  }

  async revoked(): Promise<void> {}

  failed(_partition: number, error: unknown): void {
    this.telemetry.log('error', 'directory_stopped', { error: String(error) });
    this.offsets.fail();
  }

  private changed(): void {
    for (const listener of this.listeners) listener(this.state);
  }
}
