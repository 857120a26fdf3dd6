/**
 * What was written or read lately, and all that is not durable yet.
 *
 * Two generations: what is used moves to the younger one, and when that holds half of the bound the older one is
 * dropped whole. (Deleting entries one by one from the front of a Map makes V8 walk over the holes each time.)
 */
export class ContentCache {
  private readonly pinned = new Map<string, Uint8Array>();
  private young = new Map<string, Uint8Array>();
  private old = new Map<string, Uint8Array>();
  private youngBytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(reference: string): Uint8Array | undefined {
    const young = this.young.get(reference) ?? this.pinned.get(reference);
    if (young) return young;
    const old = this.old.get(reference);
    if (old) this.keep(reference, old);
    return old;
  }

  /** Keeps bytes that the disk has. */
  keep(reference: string, bytes: Uint8Array): void {
    if (bytes.length * 2 > this.maxBytes) return;
    this.youngBytes += bytes.length;
    if (this.youngBytes * 2 > this.maxBytes) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = bytes.length;
    }
    this.young.set(reference, bytes);
  }

  /** Keeps bytes that the disk may not have yet; they stay until `settle` is called for them. */
  pin(reference: string, bytes: Uint8Array): void {
    this.pinned.set(reference, bytes);
  }

  /** The disk has them now. */
  settle(references: readonly string[]): void {
    for (const reference of references) {
      const bytes = this.pinned.get(reference);
      if (!bytes) continue;
      this.pinned.delete(reference);
      this.keep(reference, bytes);
    }
  }
}
