import type { DkimKey } from '@penstock/events';

/** What a signing thread is started with. */
export interface SigningSettings {
  /** PENSTOCK_SECRET_KEY, from which the sealing key derives. */
  readonly secretKey: Uint8Array;
}

/** A key the thread has not seen; from then on it is named by its number. */
export interface NamedKey {
  readonly number: number;
  readonly domain: string;
  readonly key: DkimKey;
}

/** One message; its header and then its body, unless `bodyHash` stands for it, follow those of the one before. */
export interface SignTask {
  readonly domain: string;
  /** Numbers of the keys, in the order of the signatures. */
  readonly keys: readonly number[];
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly bodyHash: string | undefined;
  readonly signedAt: number | undefined;
}

export type SigningRequest =
  | {
      readonly kind: 'batch';
      readonly keys: readonly NamedKey[];
      /** Numbers from before mean nothing any more. */
      readonly forgetKeys: boolean;
      readonly tasks: readonly SignTask[];
      readonly bytes: ArrayBuffer;
    }
  | { readonly kind: 'close' };

/** The result of a task: its fields with the hash of its body, or why there are none. */
export type SignResult = { readonly fields: string; readonly bodyHash: string } | { readonly error: string };

/** The results of one batch, in the order of its tasks; batches are answered in their order. */
export type SigningReply = readonly SignResult[];
