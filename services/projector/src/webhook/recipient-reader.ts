import { readRecipient, recipientBlob } from '@penstock/mail';
import { ContentDamagedError, ContentMissingError, type ContentStore } from '@penstock/ports';

/** Bytes of the blobs kept: a submission of many recipients has them in a few blobs, one after the other. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** Reads addresses where they lie, with the content. */
export class RecipientReader {
  private readonly blobs = new Map<string, Uint8Array>();
  private bytes = 0;

  constructor(private readonly content: Pick<ContentStore, 'get'>) {}

  /** Undefined where the content is gone or damaged; rejects where it cannot be read now. */
  async read(reference: string): Promise<ReturnType<typeof readRecipient> | undefined> {
    const name = recipientBlob(reference);
    try {
      const blob = this.blobs.get(name) ?? (await this.content.get(name));
      this.keep(name, blob);
      return readRecipient(blob, reference);
    } catch (error) {
      const gone = error instanceof ContentMissingError || error instanceof ContentDamagedError;
      if (gone || error instanceof SyntaxError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  private keep(name: string, blob: Uint8Array): void {
    this.drop(name);
    this.blobs.set(name, blob);
    this.bytes += blob.length;
    for (const oldest of this.blobs.keys()) {
      if (this.bytes <= KEPT_BYTES) return;
      this.drop(oldest);
    }
  }

  private drop(name: string): void {
    this.bytes -= this.blobs.get(name)?.length ?? 0;
    this.blobs.delete(name);
  }
}
