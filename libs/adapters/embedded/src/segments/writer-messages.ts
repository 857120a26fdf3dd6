import type { SegmentFilesModule } from './segment-files.ts';

/** What the writer thread is started with. */
export interface WriterSettings {
  readonly folder: string;
  readonly salt: number;
  readonly files: SegmentFilesModule | undefined;
}

export type WriterTask =
  /** Whole frames without their CRCs, to go to `position` of the segment. */
  | {
      readonly kind: 'write';
      readonly segment: number;
      readonly position: number;
      readonly buffer: ArrayBuffer;
      readonly bytes: number;
    }
  /** The segment is full; its index goes beside it. */
  | { readonly kind: 'seal'; readonly segment: number; readonly index: ArrayBuffer };

/** To the thread: do these in order, then sync once; or close. */
export type WriterRequest =
  | { readonly kind: 'group'; readonly tasks: readonly WriterTask[] }
  | { readonly kind: 'close' };

/** From the thread. */
export type WriterReply =
  /** The group is durable; its buffers come back for another. */
  | { readonly kind: 'durable'; readonly buffers: readonly ArrayBuffer[] }
  | { readonly kind: 'failed'; readonly message: string }
  /** There was no space for the group; it is written when there is. */
  | { readonly kind: 'full' }
  /** The index beside a full segment could not be written; the next start scans the segment instead. */
  | { readonly kind: 'index_failed'; readonly message: string };
