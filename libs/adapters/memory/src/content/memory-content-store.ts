import { ContentMissingError, type ContentStore } from '@penstock/ports';

/** The blobs, apart from any connection to them. */
export class MemoryContentData {
  readonly blobs = new Map<string, Uint8Array>();
}

/** Kinder than a real store: what is put is durable at once. References count up, so runs repeat. */
export class MemoryContentStore implements ContentStore {
  constructor(readonly data = new MemoryContentData()) {}

  async put(blobs: readonly Uint8Array[]): Promise<readonly string[]> {
    return blobs.map((blob) => {
      const reference = `m${this.data.blobs.size.toString(36)}`;
      this.data.blobs.set(reference, blob.slice());
      return reference;
    });
  }

  async get(reference: string): Promise<Uint8Array> {
    const blob = this.data.blobs.get(reference);
    if (!blob) throw new ContentMissingError(`there is no content ${reference}`);
    return blob;
  }
}
