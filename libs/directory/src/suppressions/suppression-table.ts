import { derivedId, SUPPRESSION_REASONS, type SuppressionReason } from '@penstock/events';

/** Words of the hash that name an entry: 96 bits, of which no two of a thousand million are the same. */
const WORDS = 3;
const FIRST_SLOTS = 64;
/** A slot's reason: 0 where it never had one, this where it has none any more, else one more than its index. */
const REMOVED = 255;

/** What is found of a recipient. */
export interface FoundSuppression {
  readonly reason: SuppressionReason;
  /** Seconds since the epoch; 0 for one without an end. */
  readonly expiresAtS: number;
}

/**
 * Whether a tenant's recipient is suppressed, in memory and exactly: it is asked for every recipient of every message,
 * and by the decision before each release, which can wait for nothing. Open addressing over typed arrays: 17 bytes a
 * slot, 28 to 57 a suppression.
 */
export class SuppressionTable {
  private slots = FIRST_SLOTS;
  private words = new Uint32Array(FIRST_SLOTS * WORDS);
  private expiries = new Uint32Array(FIRST_SLOTS);
  private reasons = new Uint8Array(FIRST_SLOTS);
  private used = 0;
  private live = 0;
  private readonly tenants = new Map<string, readonly number[]>();

  get size(): number {
    return this.live;
  }

  set(tenant: string, recipientHash: string, { reason, expiresAtS }: FoundSuppression): void {
    if ((this.used + 1) * 5 > this.slots * 3) this.grow();
    const slot = this.slotOf(this.wordsOf(tenant, recipientHash));
    const before = this.reasons[slot];
    if (before === 0) {
      this.used += 1;
      this.words.set(this.key, slot * WORDS);
    }
    if (before === 0 || before === REMOVED) this.live += 1;
    this.reasons[slot] = SUPPRESSION_REASONS.indexOf(reason) + 1;
    this.expiries[slot] = expiresAtS;
  }

  delete(tenant: string, recipientHash: string): void {
    const slot = this.slotOf(this.wordsOf(tenant, recipientHash));
    if (this.reasons[slot] === 0 || this.reasons[slot] === REMOVED) return;
    this.reasons[slot] = REMOVED;
    this.live -= 1;
  }

  /** Also one that is over: whoever asks compares the time. */
  find(tenant: string, recipientHash: string): FoundSuppression | undefined {
    if (this.live === 0) return undefined;
    const slot = this.slotOf(this.wordsOf(tenant, recipientHash));
    const reason = SUPPRESSION_REASONS[(this.reasons[slot] ?? 0) - 1];
    return reason && { reason, expiresAtS: this.expiries[slot] ?? 0 };
  }

  /** The words of the key that was asked for last: one array for all, since nothing here waits. */
  private readonly key = new Uint32Array(WORDS);

  private wordsOf(tenant: string, recipientHash: string): Uint32Array {
    const mask = this.maskOf(tenant);
    for (let i = 0; i < WORDS; i++) {
      // Not the first word: it chose the partition, so a process may see few values of it.
      const word = Number.parseInt(recipientHash.slice(8 * i + 8, 8 * i + 16), 16);
      this.key[i] = word ^ (mask[i] ?? 0);
    }
    return this.key;
  }

  private maskOf(tenant: string): readonly number[] {
    let mask = this.tenants.get(tenant);
    if (!mask) {
      const text = derivedId('suppressions', tenant);
      mask = Array.from({ length: WORDS }, (_, i) => Number.parseInt(text.slice(8 * i, 8 * i + 8), 16));
      this.tenants.set(tenant, mask);
    }
    return mask;
  }

  /** Where the key is, or would be. */
  private slotOf(key: Uint32Array): number {
    const { words, reasons } = this;
    const last = this.slots - 1;
    for (let slot = (key[0] ?? 0) & last; ; slot = (slot + 1) & last) {
      if (reasons[slot] === 0) return slot;
      const at = slot * WORDS;
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2]) return slot;
    }
  }

  /** Into twice the room, or as much where most were removed. */
  private grow(): void {
    const { words, reasons, expiries } = this;
    if (this.live * 5 > this.slots) this.slots *= 2;
    this.words = new Uint32Array(this.slots * WORDS);
    this.expiries = new Uint32Array(this.slots);
    this.reasons = new Uint8Array(this.slots);
    for (const [slot, reason] of reasons.entries()) {
      if (reason === 0 || reason === REMOVED) continue;
      const key = words.subarray(slot * WORDS, (slot + 1) * WORDS);
      const to = this.slotOf(key);
      this.words.set(key, to * WORDS);
      this.reasons[to] = reason;
      this.expiries[to] = expiries[slot] ?? 0;
    }
    this.used = this.live;
  }
}
