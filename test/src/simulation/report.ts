import type { SeedReport } from './run-seed.ts';
import type { SeedCase } from './seed-case.ts';

/** What went wrong, how it came to that, and the command that repeats it. */
export function reportFailure(report: SeedReport, one: SeedCase): string {
  const { seed, plan, steps, failure } = report;
  const error = failure?.error instanceof Error ? (failure.error.stack ?? failure.error.message) : failure?.error;
  return [
    `seed ${seed} failed after ${steps} steps`,
    `  plan: ${plan}`,
    ...(failure?.trace ?? []),
    String(error),
    `repeat it: ${commandOf(one)}`,
  ].join('\n');
}

export function commandOf({ seed, messages, faults, troubleMs, planted }: SeedCase): string {
  const options = [
    `--seed ${seed} --messages ${messages}`,
    ...(faults ? [`--faults '${faultsText(faults)}'`] : []),
    ...(troubleMs === undefined ? [] : [`--trouble ${troubleMs}`]),
    ...(planted === undefined ? [] : [`--planted '${planted}'`]),
  ];
  return `npm run simulate -- ${options.join(' ')}`;
}

function faultsText(faults: NonNullable<SeedCase['faults']>): string {
  return Object.entries(faults)
    .map(([fault, rate]) => `${fault}=${rate}`)
    .join(' ');
}
