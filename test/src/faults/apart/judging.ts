/** The history of a run held against its policy. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type CheckOptions, checkHistory, PROBLEM_KINDS, type Verdict } from './checking/index.ts';
import type { FaultName } from './history.ts';
import { renderReport, writeDescription, writeReport } from './report/index.ts';
import { catchUp, receiverLimits, WAITS } from './rig/limits.ts';
import type { RunResult } from './run.ts';
import { LONG_RUN_SECONDS, type Schedule } from './schedule.ts';

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
    machine: `${availableParallelism()} cores, Node ${process.versions.node}`,
    commit: commitOf(),
    skipped: [...skipped.map((fault) => `${fault}: cannot be done here`), ...schedule.omitted],
    trouble,
  };
  writeDescription(folder, { options, meta });
  const verdict = checkHistory(book.entries, options);
  writeReport(folder, renderReport(book.entries, verdict, meta));
  return verdict;
}

/** Short; what is not committed is told by a mark. */
function commitOf(): string | undefined {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--exclude=*'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Of a limit that receivers count: a source that is at the limit of its pace fills it by so much, one that two
 * dispatchers used at once would fill it twice.
 */
const LEAST_FILLED = 0.8;

/** A clock that is wrong for 10 s is followed by a twentieth of that; see SteadyClock. */
const SKEW_MS = 50;
const JUMPED_SKEW_MS = 600;

function checkOptions({ schedule, perSecond, seconds }: JudgedRun, skipped: readonly FaultName[]): CheckOptions {
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
    ...(seconds >= LONG_RUN_SECONDS && { leastFilled: LEAST_FILLED }),
  };
}

/** What a run counts as: each kind of problem is a part that passes or fails, and so is what the history does not show. */
export function tally(verdict: Verdict, { trouble, skipped }: Pick<RunResult, 'trouble' | 'skipped'>): string {
  const parts = [...PROBLEM_KINDS.map((kind) => verdict.problems[kind].count), trouble.length];
  const failed = parts.filter((count) => count > 0).length;
  return counted(parts.length - failed, failed, skipped.length);
}

/** As every part of CI ends. */
export function counted(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** What was found, in lines. */
export function findings(verdict: Verdict): readonly string[] {
  return PROBLEM_KINDS.flatMap((kind) => {
    const { count, examples } = verdict.problems[kind];
    return count === 0 ? [] : [`${kind}: ${count}`, ...examples.map((text) => `  ${text}`)];
  });
}
