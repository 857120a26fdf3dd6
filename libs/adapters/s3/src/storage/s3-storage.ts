/** Objects of an S3 bucket, below a prefix. */
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ObjectStorage, StorageUnavailableError } from './object-storage.ts';
import {
  CutBodyError,
  describeFailure,
  type RetryBounds,
  type RetryDeps,
  S3AnswerError,
  withRetries,
} from './s3-requests.ts';

/** Without a slash at either end; may be empty. */
export interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** What one DeleteObjects takes. */
const DELETED_AT_ONCE = 1000;
/** Pages of a list, 1000 names each; a folder with more goes on the next time. */
const MOST_PAGES = 10_000;

export class S3Storage implements ObjectStorage {
  private readonly root: string;

  constructor(
    private readonly client: S3Client,
    private readonly place: S3Place,
    private readonly deps: RetryDeps,
    private readonly bounds: RetryBounds,
  ) {
    this.root = place.prefix === '' ? '' : `${place.prefix}/`;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.request('PutObject', () =>
      this.client.send(new PutObjectCommand({ ...this.object(name), Body: bytes, ContentLength: bytes.length })),
    );
  }

  async read(name: string, offset: number, length: number): Promise<Buffer | undefined> {
    const range = `bytes=${offset}-${offset + length - 1}`;
    try {
      return await this.ask('GetObject', async () => {
        const { Body, ContentLength } = await this.client.send(
          new GetObjectCommand({ ...this.object(name), Range: range }),
        );
        const bytes = await (Body?.transformToByteArray() ?? new Uint8Array());
        if (ContentLength !== undefined && bytes.length < ContentLength) throw new CutBodyError('the body was cut');
        // A server that knows no ranges would answer with other bytes.
        if (bytes.length > length) throw new TypeError('more than the range was answered');
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      });
    } catch (error) {
      if (!(error instanceof S3AnswerError)) throw error;
      if (error.failure.code === 'NoSuchKey') return undefined;
      if (error.failure.status === 416) return Buffer.alloc(0);
      throw unavailable(error);
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const prefix = `${this.root}${folder}/`;
    const found: string[] = [];
    for await (const { CommonPrefixes } of this.pages(prefix)) {
      for (const { Prefix } of CommonPrefixes ?? []) if (Prefix) found.push(Prefix.slice(prefix.length, -1));
    }
    return found;
  }

  async objects(folder: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { Contents } of this.pages(`${this.root}${folder}/`)) {
      for (const { Key } of Contents ?? []) if (Key) found.push(Key.slice(this.root.length));
    }
    return found;
  }

  async remove(names: readonly string[]): Promise<void> {
    for (let first = 0; first < names.length; first += DELETED_AT_ONCE) {
      const Objects = names.slice(first, first + DELETED_AT_ONCE).map((name) => ({ Key: `${this.root}${name}` }));
      const { Errors } = await this.request('DeleteObjects', () =>
        this.client.send(new DeleteObjectsCommand({ Bucket: this.place.bucket, Delete: { Objects, Quiet: true } })),
      );
      const refused = Errors?.find(({ Code }) => Code !== 'NoSuchKey');
      if (refused) throw new StorageUnavailableError(`DeleteObjects: S3 answers ${refused.Code} for an object`);
    }
  }

  /** Page by page, so that a folder of any size is deleted in bounded memory. */
  async removeFolder(folder: string): Promise<number> {
    let removed = 0;
    for await (const { Contents } of this.pages(`${this.root}${folder}/`)) {
      const names = (Contents ?? []).flatMap(({ Key }) => (Key ? [Key.slice(this.root.length)] : []));
      await this.remove(names);
      removed += names.length;
    }
    return removed;
  }

  close(): void {
    this.client.destroy();
  }

  private object(name: string) {
    return { Bucket: this.place.bucket, Key: `${this.root}${name}` };
  }

  private async *pages(prefix: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const input = { Bucket: this.place.bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token };
      const found = await this.request('ListObjectsV2', () => this.client.send(new ListObjectsV2Command(input)));
      yield found;
      token = found.NextContinuationToken;
      if (!found.IsTruncated || token === undefined) return;
    }
  }

  private async request<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await this.ask(operation, send);
    } catch (error) {
      throw error instanceof S3AnswerError ? unavailable(error) : error;
    }
  }

  private ask<T>(operation: string, send: () => Promise<T>): Promise<T> {
    return withRetries(operation, send, this.deps, this.bounds);
  }
}

function unavailable({ message, failure }: S3AnswerError): StorageUnavailableError {
  const hint = failure.status === 403 ? ' (is the permission missing?)' : '';
  return new StorageUnavailableError(`${message}${hint}`, { cause: describeFailure(failure) });
}
