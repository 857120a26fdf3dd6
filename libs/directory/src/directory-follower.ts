import {
  type AnyConsumer,
  type EventLog,
  type PartitionHandler,
  type StoredRecord,
  type Telemetry,
} from '@penstock/ports';
import { type DirectoryState, EMPTY_DIRECTORY, foldDirectory } from './directory-state.ts';

type Directory = 'mail.directory';

/** Reads `mail.directory` from its start under a group of its own and never commits. */
export class DirectoryFollower implements PartitionHandler<Directory> {
  readonly consumer: AnyConsumer;
  private current: DirectoryState = EMPTY_DIRECTORY;
  private endAsFound = Number.POSITIVE_INFINITY;
  private failure: string | undefined;
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
    return this.current;
  }

  /** Undefined when all that was there at the start is known, else what is missing. */
  notReady(): string | undefined {
    if (this.failure) return this.failure;
    return this.current.offset < this.endAsFound ? 'mail.directory is not yet read to its end' : undefined;
  }

  /** Called with the new state after each batch. */
  onChange(listener: (state: DirectoryState) => void): void {
    this.listeners.push(listener);
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.log.bounds('mail.directory', partition);
    this.endAsFound = end;
    this.current = { ...EMPTY_DIRECTORY, offset: begin };
    return begin;
  }

  async batch(_partition: number, records: readonly StoredRecord<Directory>[]): Promise<void> {
    for (const { offset, record } of records) this.current = foldDirectory(this.current, record, offset);
    for (const listener of this.listeners) listener(this.current);
  }

  async revoked(): Promise<void> {}

  failed(_partition: number, error: unknown): void {
    this.failure = 'mail.directory could not be read';
    this.telemetry.log('error', 'directory_stopped', { error: String(error) });
  }
}
