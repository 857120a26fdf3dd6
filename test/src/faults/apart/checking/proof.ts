/** What a run has to contain before its verdict says anything: a checker that sees nothing finds nothing. */
import type { Disturbance, FaultName, Reception } from '../history.ts';
import type { Allowances } from './check-options.ts';
import { wasCut } from './copies.ts';
import { ms } from './mail-rules.ts';
import type { Finding, LimitUse, Totals } from './verdict.ts';

/** Who refuses nearly all keeps the rest with ease; one ingest that is killed, stopped and cut off refuses much. */
const LEAST_ACKNOWLEDGED = 0.2;

export interface Seen {
  readonly totals: Totals;
  readonly limits: readonly LimitUse[];
  readonly receptions: readonly Reception[];
  readonly disturbances: readonly Disturbance[];
}

export function unproven({ totals, limits, receptions, disturbances }: Seen, options: Allowances): readonly Finding[] {
  const says: string[] = [];
  if (totals.submitted.ok === 0) says.push('no submission was acknowledged');
  const asked = totals.submitted.ok + totals.submitted.failed + totals.submitted.unknown;
  if (totals.submitted.ok < asked * LEAST_ACKNOWLEDGED) {
    says.push(`of ${asked} submissions only ${totals.submitted.ok} were acknowledged`);
  }
  if (totals.receptions === 0) says.push('nothing was received');
  if (totals.accepted === 0) says.push('the history holds no fact of the log');
  if (options.limits.length === 0) says.push('no limit was counted');
  for (const { limit, received } of limits) {
    if (received === 0) says.push(`nothing came to ${limit.provider} from ${limit.from}: its limit was not tried`);
  }
  if (limits.length > 0 && limits.every(({ limit, most }) => most < limit.limit * options.leastFilled)) {
    says.push(`no window was filled to ${options.leastFilled * 100} % of its limit`);
  }
  for (const path of unlimited(receptions, options)) says.push(`mail came by ${path}, for which no limit is stated`);
  says.push(...faults(receptions, disturbances, options));
  return says.map((text) => ({ kind: 'unproven', says: text }));
}

function unlimited(receptions: readonly Reception[], { limits }: Allowances): ReadonlySet<string> {
  const stated = new Set(limits.map(({ provider, from }) => `${provider} from ${from}`));
  const used = new Set(receptions.map(({ provider, from }) => `${provider} from ${from}`));
  return new Set([...used].filter((path) => !stated.has(path)));
}

function faults(
  receptions: readonly Reception[],
  disturbances: readonly Disturbance[],
  { leastOfEach, takeoverWaitMs }: Allowances,
): readonly string[] {
  const says: string[] = [];
  for (const [fault, least] of Object.entries(leastOfEach) as [FaultName, number][]) {
    const times = disturbances.filter((disturbance) => disturbance.fault === fault).length;
    if (times < least) says.push(`${fault} happened ${times} times, ${least} are asked for`);
  }
  for (const disturbance of disturbances) {
    const { fault, target, at, until } = disturbance;
    if (fault === 'cut_after_dot' && !receptions.some((reception) => wasCut(reception, disturbance))) {
      says.push(`${fault} of ${target} at ${ms(at)} cut nothing`);
    }
    if (fault === 'sigstop' && until - at >= takeoverWaitMs) {
      says.push(`${target} was stopped for ${ms(until - at)}, no less than a takeover waits: limits promise nothing`);
    }
  }
  return says;
}
