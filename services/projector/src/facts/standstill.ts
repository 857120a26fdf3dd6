/** Partitions that stand still: whoever reads them waits. */
export class Standstill {
  private readonly gates = new Map<number, { readonly over: Promise<void>; readonly end: () => void }>();

  /** Answers what ends it. @throws Error where one of them stands still already */
  begin(partitions: readonly number[]): () => void {
    const taken = partitions.find((partition) => this.gates.has(partition));
    if (taken !== undefined) throw new Error(`partition ${taken} of mail.events stands still already`);
    for (const partition of partitions) {
      let end: () => void = () => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.gates.set(partition, { over, end });
    }
    return () => {
      for (const partition of partitions) {
        this.gates.get(partition)?.end();
        this.gates.delete(partition);
      }
    };
  }

  /** Resolves when the partition moves again; undefined while it does. */
  of(partition: number): Promise<void> | undefined {
    return this.gates.get(partition)?.over;
  }
}
