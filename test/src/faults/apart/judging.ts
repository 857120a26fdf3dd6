/** The history of a run held against its policy. */
import { type CheckOptions, checkHistory, PROBLEM_KINDS, type Verdict } from './checking/index.ts';
import type { FaultName } from './history.ts';
import { renderReport, writeDescription, writeReport } from './report/index.ts';
import { catchUp, receiverLimits, WAITS } from './rig/limits.ts';
import type { RunResult } from './run.ts';
import type { Schedule } from './schedule.ts';

export interface JudgedRun {
  /** Repeats the run. */
  readonly command: string;
  /** Gets the report, and what it takes to judge the run anew. */
  readonly folder: string;
  readonly seconds: number;
  readonly perSecond: number;
  readonly schedule: Schedule;
}

/** How long a mail may take where nothing is disturbed, with everything on two cores. */
const DRAIN_MS = 20_000;

/** Writes the report, and answers what holds. */
export function judge(result: RunResult, run: JudgedRun): Verdict {
  const { book, skipped, trouble, engines } = result;
  const { command, folder, seconds, perSecond, schedule } = run;
  const options = checkOptions(run, skipped);
  const meta = {
    command,
    madeOn: new Date().toISOString().slice(0, 'yyyy-mm-dd'.length),
    seconds,
    perSecond,
    engines,
    skipped: [...skipped.map((fault) => `${fault}: cannot be done here`), ...schedule.omitted],
    trouble,
  };
  writeDescription(folder, { options, meta });
  const verdict = checkHistory(book.entries, options);
  writeReport(folder, renderReport(book.entries, verdict, meta));
  return verdict;
}

/** A clock that is wrong for 10 s is followed by a twentieth of that; see SteadyClock. */
const SKEW_MS = 50;
const JUMPED_SKEW_MS = 600;

function checkOptions({ schedule, perSecond }: JudgedRun, skipped: readonly FaultName[]): CheckOptions {
  const leastOfEach: Partial<Record<FaultName, number>> = {};
  for (const { fault } of schedule.faults) {
    if (!skipped.includes(fault)) leastOfEach[fault] = (leastOfEach[fault] ?? 0) + 1;
  }
  return {
    limits: receiverLimits(),
    drainMs: DRAIN_MS,
    catchUp: catchUp(perSecond),
    skewMs: leastOfEach.clock_jump ? JUMPED_SKEW_MS : SKEW_MS,
    leastOfEach,
    ...WAITS,
  };
}

/** What was found, in lines. */
export function findings(verdict: Verdict): readonly string[] {
  return PROBLEM_KINDS.flatMap((kind) => {
    const { count, examples } = verdict.problems[kind];
    return count === 0 ? [] : [`${kind}: ${count}`, ...examples.map((text) => `  ${text}`)];
  });
}
