/** Times in which nothing arrived at a provider though mail for it waited. */
import type { Disturbance } from '../history.ts';
import type { Allowances } from './check-options.ts';
import { dueAt, type Mail } from './mail-rules.ts';
import { explainedUntil } from './troubled-time.ts';
import type { Stall } from './verdict.ts';

interface Arrival {
  readonly at: number;
  /** From when a mail that first arrives here was due; infinite for a copy. */
  readonly due: number;
}

/** All of each provider, by time. */
export function stallsOf(mails: readonly Mail[]): readonly Stall[] {
  const arrivals = new Map<string, Arrival[]>();
  for (const mail of mails) {
    for (const [index, { provider, at }] of mail.receptions.entries()) {
      const due = index === 0 ? dueAt(mail) : undefined;
      const known = arrivals.get(provider) ?? [];
      known.push({ at, due: due ?? Number.POSITIVE_INFINITY });
      arrivals.set(provider, known);
    }
  }
  return [...arrivals].sort(byName).flatMap(([provider, times]) => gaps(provider, times));
}

function gaps(provider: string, arrivals: Arrival[]): readonly Stall[] {
  arrivals.sort((a, b) => a.at - b.at);
  const found: Stall[] = [];
  let oldestDue = Number.POSITIVE_INFINITY;
  for (let index = arrivals.length - 1; index >= 0; index--) {
    const arrival = arrivals[index];
    if (!arrival) continue;
    oldestDue = Math.min(oldestDue, arrival.due);
    const from = Math.max(arrivals[index - 1]?.at ?? 0, oldestDue);
    if (from < arrival.at) found.push({ provider, from, to: arrival.at });
  }
  return found.reverse();
}

/** The longest of each provider, with what explains it. */
export function longestStalls(
  stalls: readonly Stall[],
  disturbances: readonly Disturbance[],
  options: Allowances,
): readonly Stall[] {
  const longest = new Map<string, Stall>();
  for (const stall of stalls) {
    const known = longest.get(stall.provider);
    if (!known || lengthOf(stall) > lengthOf(known)) longest.set(stall.provider, stall);
  }
  return [...longest.values()].map((stall) => {
    const explainedBy = coverOf(stall, disturbances, options);
    return explainedBy ? { ...stall, explainedBy } : stall;
  });
}

/** The longest time without a reception after the disturbance hit, of the stalls that touch it or its recovery, ms. */
export function stallAfter(stalls: readonly Stall[], disturbance: Disturbance, options: Allowances): number {
  const end = Math.max(disturbance.until, explainedUntil(disturbance, options));
  return stalls
    .filter(({ from, to }) => from <= end && to >= disturbance.at)
    .reduce((longest, { from, to }) => Math.max(longest, to - Math.max(from, disturbance.at)), 0);
}

function coverOf(stall: Stall, disturbances: readonly Disturbance[], options: Allowances): Disturbance | undefined {
  let most = 0;
  let cover: Disturbance | undefined;
  for (const disturbance of disturbances) {
    const end = explainedUntil(disturbance, options, stall.provider);
    const overlap = Math.min(stall.to, end) - Math.max(stall.from, disturbance.at);
    if (overlap > most) [most, cover] = [overlap, disturbance];
  }
  return cover;
}

function lengthOf({ from, to }: Stall): number {
  return to - from;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
