/** The rests of all paths that were told to rest. */
import type { HoldReason, PathThrottled } from '@penstock/events';

export interface PathThrottle {
  readonly source: string;
  readonly path: string;
  readonly site: string;
  readonly provider?: string;
  /** ms since the epoch */
  readonly until: number;
  readonly step: number;
  readonly reason: HoldReason;
  /** What made it, for people; no decision looks at it. */
  readonly evidence?: PathThrottled['body']['evidence'];
}

/** A rest that ended so long ago says nothing any more: nobody has tried the path since, or it would be there anew. */
export const THROTTLE_FORGOTTEN_MS = 24 * 3_600_000;

const BUCKETS = 256;

type Bucket = ReadonlyMap<string, PathThrottle>;

/**
 * Never changed: each change answers a new one that shares all but one bucket. A dead domain is never restored, and a
 * list of a million addresses names thousands of them, so neither copying all of them for each nor keeping them for
 * ever will do.
 */
export class PathThrottles {
  static readonly NONE = new PathThrottles([]);

  private constructor(private readonly buckets: readonly (Bucket | undefined)[]) {}

  get size(): number {
    return this.buckets.reduce((sum, bucket) => sum + (bucket?.size ?? 0), 0);
  }

  get(path: string): PathThrottle | undefined {
    return this.buckets[bucketOf(path)]?.get(path);
  }

  *values(): Iterable<PathThrottle> {
    for (const bucket of this.buckets) if (bucket) yield* bucket.values();
  }

  /** `at` is when the rest was told, ms since the epoch: what ended long before is forgotten. */
  with(throttle: PathThrottle, at: number): PathThrottles {
    const index = bucketOf(throttle.path);
    const bucket = new Map<string, PathThrottle>();
    for (const [path, known] of this.buckets[index] ?? []) {
      if (known.until + THROTTLE_FORGOTTEN_MS > at) bucket.set(path, known);
    }
    return this.replace(index, bucket.set(throttle.path, throttle));
  }

  without(path: string): PathThrottles {
    const index = bucketOf(path);
    const known = this.buckets[index];
    if (!known?.has(path)) return this;
    const bucket = new Map(known);
    bucket.delete(path);
    return this.replace(index, bucket);
  }

  private replace(index: number, bucket: Bucket): PathThrottles {
    const buckets = this.buckets.slice();
    buckets[index] = bucket;
    return new PathThrottles(buckets);
  }
}

/** FNV-1a. */
function bucketOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}
