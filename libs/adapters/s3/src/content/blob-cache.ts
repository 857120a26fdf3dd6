/**
 * Blobs written or read lately. Two generations: what is used moves to the younger one, and when that holds half of the
 * bound the older one is dropped whole.
 */
export class BlobCache {
  private young = new Map<string, Uint8Array>();
  private old = new Map<string, Uint8Array>();
  private youngBytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(key: string): Uint8Array | undefined {
    const young = this.young.get(key);
    if (young) return young;
    const old = this.old.get(key);
    if (old) this.keep(key, old);
    return old;
  }

  /** `blob` stays in memory as it is: a small part of a large buffer is to be copied before. */
  keep(key: string, blob: Uint8Array): void {
    if (blob.length * 2 > this.maxBytes || this.young.has(key)) return;
    this.youngBytes += blob.length;
    if (this.youngBytes * 2 > this.maxBytes) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = blob.length;
    }
    this.young.set(key, blob);
  }
}
