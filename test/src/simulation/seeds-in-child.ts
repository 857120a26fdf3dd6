/**
 * Seeds run in a process of their own: the test runner follows every promise with async hooks, which makes the
 * simulation, all promises, two and a half times as slow.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Counts } from './coverage.ts';
import { reportFailure } from './report.ts';
import { runSeed } from './run-seed.ts';

export interface SeedsOrder {
  readonly seeds: readonly number[];
  readonly messages: number;
}

/** What a seed came to, as it passes between processes. */
export interface SeedSummary {
  readonly seed: number;
  readonly digest: string;
  readonly fired: Counts;
  readonly seen: Counts;
  readonly failure?: string;
}

export async function seedsInChild(order: SeedsOrder): Promise<readonly SeedSummary[]> {
  const child = fork(fileURLToPath(import.meta.url), ['--child']);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the seeds' process ended with ${code}`);
  });
  const answered = once(child, 'message');
  child.send(order);
  const [summaries] = (await Promise.race([answered, ended])) as [readonly SeedSummary[]];
  ended.catch(() => {});
  child.disconnect();
  return summaries;
}

async function summarise(seed: number, messages: number): Promise<SeedSummary> {
  const report = await runSeed({ seed, messages });
  const { digest, fired, seen, failure } = report;
  const summary = { seed, digest, fired: Object.fromEntries(fired), seen: Object.fromEntries(seen) };
  return failure ? { ...summary, failure: reportFailure(report, messages) } : summary;
}

async function answer({ seeds, messages }: SeedsOrder): Promise<void> {
  const summaries: SeedSummary[] = [];
  for (const seed of seeds) summaries.push(await summarise(seed, messages));
  process.send?.(summaries);
}

if (process.argv[2] === '--child') {
  process.once('message', (order: SeedsOrder) => {
    answer(order).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}
