/** Where a partition's fold is kept between two lives of a scheduler: one keyed store, one transaction per checkpoint. */
import type { JsonValue, KeyedEntry, KeyedStore, StateCopies, StateCopy } from '@penstock/ports';
import { prefixEnd } from '@penstock/ports';
import {
  type Checkpoint,
  createPartitionState,
  type DeliveryRow,
  type PartitionRow,
  type PartitionState,
  restoreDelivery,
  restorePartition,
  type TombstoneChunk,
} from '@penstock/scheduling';

/** Raised when rows change their meaning: a store of another format is thrown away and the log folded again. */
export const CHECKPOINT_FORMAT = 1;

const PAGE = 5000;
const PARTITION = 'partition';
const DELIVERY = 'd/';
const DIRECT = 't/';
const EXPANDED = 'x/';

interface StoredPartition {
  readonly format: number;
  readonly row: PartitionRow;
}

type StoredChunk = Pick<TombstoneChunk, 'at' | 'direct' | 'expanded'> & { readonly expiresAt: number };

export class CheckpointStore {
  private readonly positionName: string;
  private nextChunk = 0;
  /** Keys of tombstone chunks and when each may go, log time. */
  private readonly chunks = new Map<string, number>();

  constructor(
    private readonly store: KeyedStore,
    private readonly partition: number,
    private readonly partitionCount: number,
  ) {
    this.positionName = `mail.events-${partition}`;
  }

  /** The position of the state as last written; undefined for a new store, one of another format, or part of a copy. */
  async position(): Promise<number | undefined> {
    return (await this.whole())?.row.position;
  }

  /** The state as last written, or undefined, and an empty store, where there is none. */
  async load(): Promise<PartitionState | undefined> {
    const stored = await this.whole();
    if (!stored) {
      await this.discard();
      return undefined;
    }
    const chunks = [...(await this.loadChunks(DIRECT)), ...(await this.loadChunks(EXPANDED))];
    const state = restorePartition(this.partition, this.partitionCount, stored.row, chunks);
    for await (const { value } of this.entries(DELIVERY)) restoreDelivery(state, value as object as DeliveryRow);
    return state;
  }

  /** A state that knows nothing and begins at `position`. */
  empty(position: number): PartitionState {
    const state = createPartitionState(this.partition, this.partitionCount);
    state.position = position;
    return state;
  }

  /** Writes all of it or nothing. */
  async write({ partition, puts, deletes, tombstones }: Checkpoint): Promise<void> {
    const stored: StoredPartition = { format: CHECKPOINT_FORMAT, row: partition };
    const chunks = this.newChunks(tombstones);
    const expired = [...this.chunks].filter(([, expiresAt]) => expiresAt < partition.logAt).map(([key]) => key);
    await this.store.write({
      positions: new Map([[this.positionName, partition.position]]),
      puts: [
        { key: PARTITION, value: json(stored) },
        ...puts.map((row) => ({ key: DELIVERY + row.accepted.id, value: json(row) })),
        ...chunks.map(({ key, chunk }) => ({ key, value: json(chunk) })),
      ],
      deletes: [...deletes.map((id) => DELIVERY + id), ...expired],
    });
    this.nextChunk += 1;
    for (const key of expired) this.chunks.delete(key);
    for (const { key, chunk } of chunks) this.chunks.set(key, chunk.expiresAt);
  }

  /** Starts from a copy in place of what is there. Killed on the way, it leaves what counts as nothing. */
  async restore(copy: StateCopy): Promise<void> {
    await this.discard();
    // Whatever position stood here, the copy's row must not be taken for it.
    await this.store.write({ positions: new Map([[this.positionName, -1]]) });
    await copy.restore(this.store);
  }

  /** Copies the state as last written; nothing may be written meanwhile. */
  async copy(copies: StateCopies, name: string, signal: AbortSignal): Promise<void> {
    await copies.copy(name, this.store, signal);
  }

  private async whole(): Promise<StoredPartition | undefined> {
    const stored = (await this.store.get(PARTITION)) as object | undefined as StoredPartition | undefined;
    if (stored?.format !== CHECKPOINT_FORMAT) return undefined;
    // Written in one transaction with the row; of a copy, with the last of its rows.
    const position = (await this.store.positions()).get(this.positionName);
    return position === stored.row.position ? stored : undefined;
  }

  private newChunks({ at, direct, expanded, directExpiresAt, expandedExpiresAt }: TombstoneChunk) {
    const name = String(this.nextChunk).padStart(12, '0');
    const chunks: { readonly key: string; readonly chunk: StoredChunk }[] = [];
    if (direct.length > 0) {
      chunks.push({ key: DIRECT + name, chunk: { at, direct, expanded: [], expiresAt: directExpiresAt } });
    }
    if (expanded.length > 0) {
      chunks.push({ key: EXPANDED + name, chunk: { at, direct: [], expanded, expiresAt: expandedExpiresAt } });
    }
    return chunks;
  }

  private async loadChunks(prefix: string): Promise<readonly StoredChunk[]> {
    const found: StoredChunk[] = [];
    for await (const { key, value } of this.entries(prefix)) {
      const chunk = value as object as StoredChunk;
      this.chunks.set(key, chunk.expiresAt);
      this.nextChunk = Math.max(this.nextChunk, Number(key.slice(prefix.length)) + 1);
      found.push(chunk);
    }
    return found;
  }

  /**
   * Throws everything away: the log is to be folded again. The partition's row goes first: what a killed process leaves
   * of the others is nothing without it.
   */
  async discard(): Promise<void> {
    this.chunks.clear();
    for (const prefix of [PARTITION, DELIVERY, DIRECT, EXPANDED]) {
      const keys: string[] = [];
      for await (const { key } of this.entries(prefix)) keys.push(key);
      await this.store.write({ deletes: keys });
    }
  }

  private async *entries(prefix: string): AsyncGenerator<KeyedEntry> {
    const to = prefixEnd(prefix);
    for (let from = prefix; ; ) {
      const page = await this.store.range({ from, to, limit: PAGE });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      from = `${last.key}\u0000`;
    }
  }
}

/** Rows are plain data by construction. */
function json(row: object): JsonValue {
  return row as JsonValue;
}
