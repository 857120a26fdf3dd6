/** Names remembered for a while, bounded. Times are monotonic ms. */
export class HostMemory {
  private readonly until = new Map<string, number>();

  constructor(private readonly maxEntries = 10_000) {}

  remember(name: string, until: number): void {
    this.until.delete(name);
    this.until.set(name, until);
    for (const oldest of this.until.keys()) {
      if (this.until.size <= this.maxEntries) return;
      this.until.delete(oldest);
    }
  }

  has(name: string, now: number): boolean {
    const until = this.until.get(name);
    if (until === undefined) return false;
    if (until > now) return true;
    this.until.delete(name);
    return false;
  }

  forget(name: string): void {
    this.until.delete(name);
  }
}
