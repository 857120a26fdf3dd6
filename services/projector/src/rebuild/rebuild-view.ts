/** What a rebuild tells of itself; plain data, so that it passes through any door. */

export interface RebuildOrder {
  /** All of them if absent. */
  readonly models?: readonly string[];
  /** Put the rebuilt rows in the place of the live ones. */
  readonly swap: boolean;
}

export interface RebuildList {
  /** What can be rebuilt. */
  readonly models: readonly string[];
  /** The latest first. */
  readonly rebuilds: readonly RebuildView[];
}

export type RebuildState = 'running' | 'done' | 'failed' | 'cancelled';

export interface RebuildView {
  readonly id: string;
  readonly models: readonly string[];
  readonly swap: boolean;
  readonly state: RebuildState;
  /** Why it failed. */
  readonly error?: string;
  /** Whether every row compared is equal; absent until all are compared. */
  readonly equal?: boolean;
  /** ms since the epoch */
  readonly startedAt: number;
  /** How long it has taken, ms. */
  readonly elapsedMs: number;
  readonly progress: RebuildProgress;
  readonly results: readonly ModelResult[];
}

export interface RebuildProgress {
  readonly factsFolded: number;
  /** As it was known at the last look: the log grows meanwhile. */
  readonly factsInAll: number;
  /** Of the time spent folding. */
  readonly factsPerSecond: number;
  /** 0 to 1 */
  readonly share: number;
  /** Undefined while nothing can be said. */
  readonly remainingMs?: number;
}

export interface ModelResult {
  readonly model: string;
  readonly sections: readonly SectionResult[];
  /** Set when the rebuilt rows became the live ones. */
  readonly swapped: boolean;
  /** Rows of earlier times that the log does not cover, taken over from the live model at the switch. */
  readonly carriedRows: number;
  /** Longest time the live fold of a partition stood still, ms. */
  readonly longestStandstillMs: number;
}

/** What one partition, or all of them together, has in a model. */
export interface SectionResult {
  /** `partition 3`, or `all partitions` for rows that several count in. */
  readonly section: string;
  /** Where the partitions stood: everything before these offsets is in both. */
  readonly offsets: Readonly<Record<number, number>>;
  readonly rows: number;
  /** SHA-256 over keys and values in their order. */
  readonly liveDigest: string;
  readonly rebuiltDigest: string;
  readonly equal: boolean;
  readonly differences: number;
  /** The first of them. */
  readonly differing: readonly Difference[];
  /** Live rows that rest on facts the log no longer holds. */
  readonly notCompared: number;
}

export interface Difference {
  readonly key: string;
  readonly kind: 'only_live' | 'only_rebuilt' | 'differs';
  /** Names of the fields that are not the same. */
  readonly fields?: readonly string[];
}
