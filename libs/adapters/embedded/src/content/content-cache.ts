interface Cached {
  readonly bytes: Uint8Array;
  durable: boolean;
}

/** What was written or read lately, the least recently used forgotten first, and all that is not durable yet. */
export class ContentCache {
  private readonly entries = new Map<string, Cached>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(reference: string): Uint8Array | undefined {
    const entry = this.entries.get(reference);
    if (!entry) return undefined;
    this.entries.delete(reference);
    this.entries.set(reference, entry);
    return entry.bytes;
  }

  /** Keeps bytes that the disk has. */
  keep(reference: string, bytes: Uint8Array): void {
    this.hold(reference, bytes, true);
  }

  /** Keeps bytes that the disk may not have yet; they stay until `settle` is called for them. */
  pin(reference: string, bytes: Uint8Array): void {
    this.hold(reference, bytes, false);
  }

  /** The disk has them now. */
  settle(references: readonly string[]): void {
    for (const reference of references) {
      const entry = this.entries.get(reference);
      if (entry) entry.durable = true;
    }
    this.forget();
  }

  private hold(reference: string, bytes: Uint8Array, durable: boolean): void {
    if (this.entries.has(reference)) return;
    this.entries.set(reference, { bytes, durable });
    this.bytes += bytes.length;
    this.forget();
  }

  private forget(): void {
    if (this.bytes <= this.maxBytes) return;
    for (const [reference, entry] of this.entries) {
      // Older entries are durable before younger ones, but for those lately used: at the first pinned one, enough.
      if (this.bytes <= this.maxBytes || !entry.durable) return;
      this.entries.delete(reference);
      this.bytes -= entry.bytes.length;
    }
  }
}
