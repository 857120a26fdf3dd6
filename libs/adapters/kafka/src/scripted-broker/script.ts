/** What a script may be asked about: the requests by their protocol number, named as kafkajs names them. */
export const APIS = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  apiVersions: 18,
  createTopics: 19,
  initProducerId: 22,
  describeConfigs: 32,
} as const;

export type Api = keyof typeof APIS;

/** A request that reached a broker. */
export interface SeenRequest {
  readonly api: Api;
  /** The broker's node id. */
  readonly node: number;
  /** Which request of this kind it is over all brokers, from 1. */
  readonly number: number;
  /** `topic/partition` of what it names; empty where it names none. */
  readonly partitions: readonly string[];
  /** The values of a produce request's records, by `topic/partition`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** What becomes of one partition of a request. */
export interface PartitionFate {
  /** The error its answer carries; nothing is appended unless `appended`. */
  readonly error?: number;
  /** A produce whose records are in the log although its answer says otherwise. */
  readonly appended?: boolean;
  /** The answer does not name it, and nothing is appended. */
  readonly omitted?: boolean;
}

/** What becomes of a request. Without a word it is answered as a healthy broker answers. */
export interface Fate {
  /** By `topic/partition`. */
  readonly partitions?: Readonly<Record<string, PartitionFate>>;
  /** The request takes effect, and its answer waits for this. */
  readonly answerAfter?: Promise<void>;
  /** `lost`: it takes effect and is never answered. `dropped`: it takes effect and the connection ends. */
  readonly answer?: 'lost' | 'dropped';
  /** Runs after the request took effect and before it is answered: a leader moves, another request is let go. */
  readonly onceDone?: () => void;
}

export type Script = (request: SeenRequest) => Fate | undefined;
