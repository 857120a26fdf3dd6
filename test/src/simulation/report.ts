import type { SeedReport } from './run-seed.ts';

/** What went wrong, how it came to that, and the command that repeats it. */
export function reportFailure(report: SeedReport, messages: number): string {
  const { seed, plan, steps, failure } = report;
  const error = failure?.error instanceof Error ? (failure.error.stack ?? failure.error.message) : failure?.error;
  return [
    `seed ${seed} failed after ${steps} steps`,
    `  plan: ${plan}`,
    ...(failure?.trace ?? []),
    String(error),
    `repeat it: npm run simulate -- --seed ${seed} --messages ${messages}`,
  ].join('\n');
}
