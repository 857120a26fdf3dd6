/** Remembers the latest entries and forgets the oldest, so that a sandbox left running does not grow. */
export class BoundedMemory<V> {
  private readonly entries = new Map<string, V>();

  constructor(private readonly capacity = 100_000) {}

  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  put(key: string, value: V): void {
    this.entries.set(key, value);
    if (this.entries.size <= this.capacity) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  /** The value, which is forgotten. */
  take(key: string): V | undefined {
    const value = this.entries.get(key);
    this.entries.delete(key);
    return value;
  }
}
