import type { MessagePort } from 'node:worker_threads';
import type { Topic } from '@penstock/events';

/** What another thread needs to read the log of this process. Cloneable; the port has to be transferred. */
export interface FollowerSettings {
  readonly folder: string;
  readonly salt: number;
  /** See durable-end.ts. */
  readonly shared: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly partitions: Readonly<Record<Topic, number>>;
  /** Where following begins: everything before it is found by asking. */
  readonly segment: number;
  readonly position: number;
  /** Offsets held and reached there, by partition key. */
  readonly bounds: readonly (readonly [key: number, begin: number, end: number])[];
}

type Question =
  | { readonly kind: 'bounds'; readonly topic: Topic; readonly partition: number }
  | { readonly kind: 'committed'; readonly group: string; readonly topic: Topic; readonly partition: number }
  /** Where the record lies, as LocatedExtent; undefined where it is not held. */
  | { readonly kind: 'locate'; readonly key: number; readonly offset: number };

export type FollowerRequest = Question & { readonly id: number };

/** To the follower. */
export type FollowerMessage =
  /** It asked to be told: there is more to read. */
  | { readonly kind: 'more' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string };

export type FollowerQuestion = Question;
