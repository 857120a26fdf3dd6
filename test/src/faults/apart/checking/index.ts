/** The judge of a run of faults: a pure function of what the run wrote down. */
import type { HistoryEntry } from '../history.ts';
import { allowances, type CheckOptions } from './check-options.ts';
import { countCopies } from './copies.ts';
import { deliveryStory, endOf } from './delivery-story.ts';
import { type Dossier, type SortedHistory, sortHistory } from './dossiers.ts';
import { Findings } from './findings.ts';
import { countLimits } from './limit-use.ts';
import { judgeMail, type Mail } from './mail-rules.ts';
import { unproven } from './proof.ts';
import { silentSources } from './silent-sources.ts';
import { longestStalls, stallAfter, stallsOf } from './stalls.ts';
import type { Totals, Verdict } from './verdict.ts';
import { countWaits } from './waits.ts';

export type { CheckOptions } from './check-options.ts';
export { PROBLEM_KINDS, type ProblemKind, type Verdict } from './verdict.ts';

/** The order of the history does not matter; it is read once and not kept. */
export function checkHistory(history: Iterable<HistoryEntry>, options: CheckOptions): Verdict {
  const granted = allowances(options);
  const sorted = sortHistory(history);
  const { receptions, disturbances } = sorted;
  const mails = [...sorted.dossiers.values()].map(mailOf);
  const copies = countCopies(mails, disturbances, granted);
  const { waits, findings: lateness } = countWaits(mails, disturbances, sorted.lastAt, granted);
  const { limits, findings: excesses } = countLimits(receptions, granted.limits);
  const totals = totalsOf(mails, sorted);
  const findings = new Findings();
  for (const mail of mails) findings.addAll(judgeMail(mail, granted));
  findings.addAll([...copies.findings, ...lateness, ...excesses]);
  findings.addAll(silentSources(mails, disturbances, granted));
  findings.addAll(unproven({ totals, limits, receptions, disturbances }, granted));
  const stalls = stallsOf(mails);
  const effects = disturbances.map((disturbance) => ({
    disturbance,
    ...(copies.byDisturbance.get(disturbance) ?? { inFlight: 0, duplicates: 0 }),
    stallMs: stallAfter(stalls, disturbance, granted),
  }));
  return {
    holds: findings.none,
    problems: findings.problems,
    totals,
    duplicates: copies.duplicates,
    waits,
    limits,
    effects,
    stalls: longestStalls(stalls, disturbances, granted),
  };
}

function mailOf({ id, submissions, receptions, deliveries }: Dossier): Mail {
  return { id, submissions, receptions, stories: [...deliveries.values()].map(deliveryStory) };
}

function totalsOf(mails: readonly Mail[], { receptions, lastAt }: SortedHistory): Totals {
  const submitted = { ok: 0, failed: 0, unknown: 0 };
  const ended = { delivered: 0, bounced: 0, dropped: 0 };
  const counts = { accepted: 0, received: 0, unknownReceived: 0 };
  for (const { submissions, receptions: taken, stories } of mails) {
    for (const submission of submissions) submitted[submission.ended] += 1;
    if (taken.length > 0) counts.received += 1;
    if (taken.length > 0 && submissions.some((submission) => submission.ended === 'unknown')) {
      counts.unknownReceived += 1;
    }
    for (const story of stories) {
      if (story.accepted) counts.accepted += 1;
      const end = endOf(story);
      if (end) ended[end] += 1;
    }
  }
  return { submitted, ended, ...counts, receptions: receptions.length, lastAt };
}
