/**
 * Immutable bytes by reference. `put` resolves when the bytes are durable no later than any record appended to
 * the log afterwards: an engine that keeps both in one file need not wait, one that does not must.
 */
export interface ContentStore {
  /** Stores the blobs and answers their references, in order. References are short, opaque and URL-safe. */
  put(blobs: readonly Uint8Array[]): Promise<readonly string[]>;
  /**
   * The bytes. Rejects with ContentMissingError where there are none, or none any more, and with ContentDamagedError
   * where they are not what was stored.
   */
  get(reference: string): Promise<Uint8Array>;
}

export class ContentMissingError extends Error {
  override readonly name = 'ContentMissingError';
}

export class ContentDamagedError extends Error {
  override readonly name = 'ContentDamagedError';
}
