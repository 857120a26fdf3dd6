import { Arrivals } from './arrivals.ts';

/**
 * Deliveries that ended, so that a repeated `processed` never opens one again. A repeat comes from two places: a
 * producer that sends a batch again, within seconds; and ingest that expands a `received` again after a crash, which
 * may be hours later. So direct deliveries are remembered by id for three minutes, at most 250,000 of them (about
 * 30 MB, 100 s of 2,500 a second); expanded ones as a bitmap of indexes per message, for 24 hours since the message's
 * last end, at most 500,000 messages (about 150 bytes each for a thousand recipients).
 */
export const DIRECT_TOMBSTONE_MS = 3 * 60_000;
export const DIRECT_TOMBSTONES = 250_000;
export const EXPANDED_TOMBSTONE_MS = 24 * 3_600_000;
export const EXPANDED_TOMBSTONES = 500_000;

export interface Ended {
  readonly id: string;
  readonly messageId: string;
  readonly index: number;
  readonly expanded: boolean;
}

/** Ends since the last checkpoint, by how long they must be remembered. */
export interface FreshTombstones {
  readonly direct: readonly string[];
  readonly expanded: readonly (readonly [messageId: string, index: number])[];
}

interface EndedIndexes {
  bits: Uint32Array;
  at: number;
  /** How often it stands among the arrivals: only the last of these places counts. */
  places: number;
}

export class Tombstones {
  private readonly direct = new Map<string, number>();
  private readonly directOrder = new Arrivals<string>();
  private readonly expanded = new Map<string, EndedIndexes>();
  private readonly expandedOrder = new Arrivals<string>();
  private freshDirect: string[] = [];
  private freshExpanded: (readonly [string, number])[] = [];

  has({ id, messageId, index, expanded }: Ended): boolean {
    if (!expanded) return this.direct.has(id);
    const bits = this.expanded.get(messageId)?.bits;
    return bits !== undefined && ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  /** `at` is log time, ms since the epoch. */
  add(ended: Ended, at: number): void {
    this.remember(ended, at);
    if (ended.expanded) this.freshExpanded.push([ended.messageId, ended.index]);
    else this.freshDirect.push(ended.id);
  }

  /** Puts back what a checkpoint holds; `at` is when its chunk was written. */
  restore({ direct, expanded }: FreshTombstones, at: number): void {
    for (const id of direct) this.rememberDirect(id, at);
    for (const [messageId, index] of expanded) this.rememberExpanded(messageId, index, at);
  }

  /** The ends since the last call. */
  takeFresh(): FreshTombstones {
    const fresh = { direct: this.freshDirect, expanded: this.freshExpanded };
    this.freshDirect = [];
    this.freshExpanded = [];
    return fresh;
  }

  /** The checkpoint that took them was not written. */
  giveBack({ direct, expanded }: FreshTombstones): void {
    this.freshDirect = [...direct, ...this.freshDirect];
    this.freshExpanded = [...expanded, ...this.freshExpanded];
  }

  get size(): { readonly direct: number; readonly messages: number } {
    return { direct: this.direct.size, messages: this.expanded.size };
  }

  private remember({ id, messageId, index, expanded }: Ended, at: number): void {
    if (expanded) this.rememberExpanded(messageId, index, at);
    else this.rememberDirect(id, at);
  }

  private rememberDirect(id: string, at: number): void {
    if (!this.direct.has(id)) this.directOrder.push(id);
    this.direct.set(id, at);
    for (let oldest = this.directOrder.oldest; oldest !== undefined; oldest = this.directOrder.oldest) {
      const endedAt = this.direct.get(oldest) ?? 0;
      if (this.direct.size <= DIRECT_TOMBSTONES && endedAt + DIRECT_TOMBSTONE_MS >= at) return;
      this.direct.delete(oldest);
      this.directOrder.shift();
    }
  }

  private rememberExpanded(messageId: string, index: number, at: number): void {
    let ended = this.expanded.get(messageId);
    const known = ended !== undefined;
    ended ??= { bits: new Uint32Array(1), at, places: 0 };
    const word = index >>> 5;
    if (word >= ended.bits.length) ended.bits = grown(ended.bits, word + 1);
    ended.bits[word] = (ended.bits[word] ?? 0) | (1 << (index & 31));
    // They stand in the order of the last end, so that the oldest comes first; once a minute is exact enough.
    if (known && at - ended.at < 60_000) return;
    ended.at = at;
    ended.places += 1;
    this.expanded.set(messageId, ended);
    this.expandedOrder.push(messageId);
    this.forgetExpanded(at);
  }

  private forgetExpanded(at: number): void {
    for (let oldest = this.expandedOrder.oldest; oldest !== undefined; oldest = this.expandedOrder.oldest) {
      const ended = this.expanded.get(oldest);
      if (ended?.places === 1) {
        if (this.expanded.size <= EXPANDED_TOMBSTONES && ended.at + EXPANDED_TOMBSTONE_MS >= at) return;
        this.expanded.delete(oldest);
      } else if (ended) {
        ended.places -= 1;
      }
      this.expandedOrder.shift();
    }
  }
}

function grown(bits: Uint32Array, words: number): Uint32Array {
  const larger = new Uint32Array(Math.max(words, Math.min(2 * bits.length, 1 << 16)));
  larger.set(bits);
  return larger;
}
