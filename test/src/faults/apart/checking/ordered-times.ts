/**
 * The times of records that lie in one order, put right by that order. Most writers' clocks are right at any time, so
 * the longest run of times that never goes back is believed; whatever stands against it takes the time of the last
 * believed one before it. Nothing was written after `latest`.
 */
export function orderedTimes(times: readonly number[], latest = Number.POSITIVE_INFINITY): readonly number[] {
  const believed = longestAscending(times, latest);
  const ordered: number[] = [];
  let last = times[believed.values().next().value ?? 0] ?? 0;
  for (const [index, time] of times.entries()) {
    if (believed.has(index)) last = time;
    ordered.push(last);
  }
  return ordered;
}

/** Indexes of the longest subsequence that never descends, by patience sorting. */
function longestAscending(times: readonly number[], latest: number): ReadonlySet<number> {
  const before = new Array<number>(times.length);
  /** Index of the least time that ends a subsequence of each length. */
  const tails: number[] = [];
  for (const [index, time] of times.entries()) {
    if (time > latest) continue;
    const length = firstGreater(times, tails, time);
    before[index] = tails[length - 1] ?? -1;
    tails[length] = index;
  }
  const chain: number[] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) chain.push(index);
  return new Set(chain.reverse());
}

function firstGreater(times: readonly number[], tails: readonly number[], time: number): number {
  let low = 0;
  let high = tails.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[tails[middle] ?? 0] ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
