/** How long mail waited, held against what disturbances and retries explain. */
import type { Disturbance } from '../history.ts';
import type { Allowances } from './check-options.ts';
import { dueAt, type Mail, ms } from './mail-rules.ts';
import { troubledTimes, untroubledMs } from './troubled-time.ts';
import type { Finding, Waits } from './verdict.ts';

export interface WaitCount {
  /** By name of the provider. */
  readonly waits: readonly Waits[];
  readonly findings: readonly Finding[];
}

/** A mail's first reception, whenever it was due. */
interface Arrival {
  readonly mail: Mail;
  readonly due: number;
  readonly at: number;
}

export function countWaits(
  mails: readonly Mail[],
  disturbances: readonly Disturbance[],
  lastAt: number,
  options: Allowances,
): WaitCount {
  const findings: Finding[] = [];
  const waits = [...arrivalsByProvider(mails)].sort(byName).map(([provider, arrivals]) => {
    const catchUp = catchUpOf(provider, arrivals, options);
    const troubled = troubledTimes(disturbances, provider, catchUp, options);
    const explainedShare = 1 - untroubledMs(troubled, 0, lastAt) / Math.max(1, lastAt);
    let [longestMs, longestId, explained, longestUntroubledMs] = [0, '', 0, 0];
    for (const { mail, due, at } of arrivals) {
      const untroubled = untroubledMs(troubled, due, at);
      const allowedMs = allowedOf(mail, options);
      if (at - due > longestMs) [longestMs, longestId] = [at - due, mail.id];
      longestUntroubledMs = Math.max(longestUntroubledMs, untroubled);
      if (untroubled > allowedMs) findings.push(late({ mail, due, at }, untroubled, allowedMs));
      else if (at - due > options.drainMs) explained += 1;
    }
    return { provider, longestMs, longestId, explained, longestUntroubledMs, explainedShare };
  });
  return { waits, findings };
}

function arrivalsByProvider(mails: readonly Mail[]): Map<string, Arrival[]> {
  const arrivals = new Map<string, Arrival[]>();
  for (const mail of mails) {
    const due = dueAt(mail);
    const [first] = mail.receptions;
    if (due === undefined || !first) continue;
    const known = arrivals.get(first.provider) ?? [];
    known.push({ mail, due, at: first.at });
    arrivals.set(first.provider, known);
  }
  return arrivals;
}

function late({ mail, due, at }: Arrival, untroubled: number, allowedMs: number): Finding {
  const waited = `due at ${ms(due)}, received at ${ms(at)}`;
  const unexplained = `${ms(untroubled)} of it outside of every disturbance, ${ms(allowedMs)} at most`;
  return { kind: 'late', says: `${mail.id}: ${waited}, ${unexplained}` };
}

function allowedOf({ stories }: Mail, { drainMs, retryMs, unknownRetryMs }: Allowances): number {
  return stories.reduce(
    (total, { deferrals, unknowns }) => total + deferrals * retryMs + unknowns * unknownRetryMs,
    drainMs,
  );
}

/** Limits are stated with what receivers see of jitter and bursts: what drains is the less. */
const CAUTION = 2;

/** load ÷ (limits of all sources − load), of this provider; no more than stated for all. */
function catchUpOf(provider: string, arrivals: readonly Arrival[], { limits, catchUp }: Allowances): number {
  const own = limits.filter((limit) => limit.provider === provider);
  if (own.length === 0) return catchUp;
  const perMs = own.reduce((sum, { limit, periodMs }) => sum + limit / periodMs, 0);
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { due } of arrivals) [first, last] = [Math.min(first, due), Math.max(last, due)];
  const load = arrivals.length / Math.max(1, last - first);
  return load < perMs ? Math.min(catchUp, (CAUTION * load) / (perMs - load)) : catchUp;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
