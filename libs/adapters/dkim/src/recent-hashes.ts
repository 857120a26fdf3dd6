/** Hashes of the bodies signed lately, by their reference: two generations, the older one dropped whole. */
export class RecentHashes {
  private young = new Map<string, string>();
  private old = new Map<string, string>();

  constructor(private readonly most: number) {}

  get(reference: string): string | undefined {
    const young = this.young.get(reference);
    if (young !== undefined) return young;
    const old = this.old.get(reference);
    if (old !== undefined) this.set(reference, old);
    return old;
  }

  set(reference: string, hash: string): void {
    if (this.young.size * 2 >= this.most) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(reference, hash);
  }
}
