import type { EncodedTransaction } from './transaction.ts';

/** Bytes that have left whole and are not answered yet: what a connection that fails leaves in doubt. */
const UNANSWERED_BYTES = 64 * 1024;
const NOTHING: readonly Uint8Array[] = [];

/**
 * What of the transactions of a session may leave before its turn. Whole ones leave one behind the other; the envelope
 * of one that cannot leave whole is the last that can, until its content has followed.
 */
export class SendingAhead {
  /** Whether what left last has all its content, so that another may stand behind it. */
  private free = false;
  /** Whether what left last may be refused and stay in the host's buffers: the next begins with RSET. */
  private doubtful = false;
  private unanswered = 0;

  /** Of a transaction that has nothing before it. */
  first(encoded: EncodedTransaction, resetFirst: boolean, whole: boolean): readonly Uint8Array[] {
    const pieces = whole ? this.whole(encoded, resetFirst) : NOTHING;
    this.free = encoded.isWhole;
    return pieces;
  }

  /** Of those that wait, now that the content before them leaves. */
  behindContent(waiting: Iterable<EncodedTransaction>): readonly Uint8Array[] {
    this.free = true;
    // The end of its content ends a transaction, whatever the host says of it.
    this.doubtful = false;
    return this.behind(waiting);
  }

  /** Of those that wait. */
  behind(waiting: Iterable<EncodedTransaction>): readonly Uint8Array[] {
    if (!this.free) return NOTHING;
    const pieces: Uint8Array[] = [];
    for (const encoded of waiting) {
      if (encoded.isBegun) continue;
      const { wholeBytes } = encoded;
      if (wholeBytes !== undefined) {
        if (this.unanswered + wholeBytes > UNANSWERED_BYTES) break;
        pieces.push(...this.whole(encoded, this.doubtful));
        continue;
      }
      const envelope = encoded.sendEnvelope(this.doubtful);
      if (envelope === '') continue;
      pieces.push(Buffer.from(envelope, 'utf8'));
      this.free = false;
      break;
    }
    return pieces;
  }

  /** It is answered, or never will be. */
  ended(encoded: EncodedTransaction): void {
    if (encoded.isWhole) this.unanswered -= encoded.wholeBytes ?? 0;
  }

  private whole(encoded: EncodedTransaction, resetFirst: boolean): readonly Uint8Array[] {
    const pieces = encoded.sendWhole(resetFirst);
    if (!encoded.isWhole) return NOTHING;
    this.unanswered += encoded.wholeBytes ?? 0;
    this.doubtful = true;
    return pieces;
  }
}
