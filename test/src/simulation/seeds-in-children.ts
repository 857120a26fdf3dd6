/**
 * Seeds run in processes of their own, one for each core: a run is all promises on one thread, and the test runner
 * follows every promise with async hooks, which makes it two and a half times as slow.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type SeedCase, type SeedSummary, summarise } from './seed-case.ts';

export interface SeedsOrder {
  readonly cases: Iterable<SeedCase>;
  /** Each once more, which must take the same steps. */
  readonly twice?: boolean;
  /** Hands out no more cases once one has failed. */
  readonly stopsAtFirst?: boolean;
  readonly told?: (summary: SeedSummary) => void;
}

/** Of a process that stays busy with one while the next is on its way to it. */
const AT_ONCE = 4;

/** Answers in the order of the cases; of those that were not handed out there is none. */
export async function runCases(order: SeedsOrder): Promise<readonly SeedSummary[]> {
  const cases = order.cases[Symbol.iterator]();
  const summaries: SeedSummary[] = [];
  let next = 0;
  let failed = false;
  const take = (): { first: number; cases: SeedCase[] } => {
    const taken: SeedCase[] = [];
    const first = next;
    while (taken.length < AT_ONCE && !(order.stopsAtFirst && failed)) {
      const { value, done } = cases.next();
      if (done) break;
      taken.push(value);
      next += 1;
    }
    return { first, cases: taken };
  };
  const work = async (): Promise<void> => {
    const child = new SeedsChild();
    try {
      for (let lot = take(); lot.cases.length > 0; lot = take()) {
        const answers = await child.run(lot.cases, order.twice ?? false);
        for (const [i, summary] of answers.entries()) {
          summaries[lot.first + i] = summary;
          failed ||= summary.failure !== undefined;
          order.told?.(summary);
        }
      }
    } finally {
      child.end();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return summaries.filter((summary) => summary !== undefined);
}

class SeedsChild {
  private readonly child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--child']);
  private readonly ended = once(this.child, 'exit').then(([code]) => {
    throw new Error(`a process that runs seeds ended with ${code}`);
  });

  constructor() {
    this.ended.catch(() => {});
  }

  async run(cases: readonly SeedCase[], twice: boolean): Promise<readonly SeedSummary[]> {
    const answered = once(this.child, 'message');
    this.child.send({ cases, twice });
    const [summaries] = (await Promise.race([answered, this.ended])) as [readonly SeedSummary[]];
    return summaries;
  }

  end(): void {
    if (this.child.connected) this.child.disconnect();
  }
}

interface Lot {
  readonly cases: readonly SeedCase[];
  readonly twice: boolean;
}

async function answer({ cases, twice }: Lot): Promise<void> {
  const summaries: SeedSummary[] = [];
  for (const one of cases) summaries.push(twice ? await runTwice(one) : await summarise(one));
  process.send?.(summaries);
}

async function runTwice(one: SeedCase): Promise<SeedSummary> {
  const summary = await summarise(one);
  const again = await summarise(one);
  if (again.digest === summary.digest) return summary;
  const message = `seed ${one.seed} took ${summary.steps} steps, and then ${again.steps} others`;
  return { ...summary, failure: { message, report: `${message}: ${summary.digest}, ${again.digest}` } };
}

if (process.argv[2] === '--child') {
  process.on('message', (lot: Lot) => {
    answer(lot).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}
