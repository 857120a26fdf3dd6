/**
 * What becomes durable within this time is read together: each reading wakes every partition's readers, and while much
 * is written few large readings cost a fifth less than many small ones.
 */
const GATHER_MS = { idle: 25, busy: 100 } as const;
/** Encoded bytes that the last reading found while much is written. */
const BUSY_BYTES = 16 * 1024;

/** How long to wait before the next reading, by how much the last one found. */
export class Gathering {
  private bytes = 0;

  found(bytes: number): void {
    this.bytes += bytes;
  }

  /** ms; counting begins anew. */
  nextDelay(): number {
    const delayMs = this.bytes >= BUSY_BYTES ? GATHER_MS.busy : GATHER_MS.idle;
    this.bytes = 0;
    return delayMs;
  }
}
