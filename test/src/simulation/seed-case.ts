/** One run as it passes between processes and files: the seed, and what of its story is not the seed's to say. */
import type { Fault } from '@penstock/simulation';
import type { Counts } from './coverage.ts';
import { PLANTED_BUGS } from './planted-bugs/index.ts';
import { reportFailure } from './report.ts';
import { runSeed, type SeedReport } from './run-seed.ts';

export interface SeedCase {
  readonly seed: number;
  /** Deliveries that the campaign asks for. */
  readonly messages: number;
  /** Instead of those that the seed draws. */
  readonly faults?: Readonly<Partial<Record<Fault, number>>>;
  /** How long faults happen, ms of virtual time. */
  readonly troubleMs?: number;
  /** Name of a bug to compose the services with. */
  readonly planted?: string;
}

/** What a run came to. */
export interface SeedSummary {
  readonly seed: number;
  readonly digest: string;
  readonly steps: number;
  readonly deliveries: number;
  readonly fired: Counts;
  readonly seen: Counts;
  readonly failure?: { readonly message: string; readonly report: string };
}

export function runCase(one: SeedCase, mirror?: (line: string) => void): Promise<SeedReport> {
  const { faults, planted, ...options } = one;
  const bug = planted === undefined ? undefined : PLANTED_BUGS[planted];
  if (planted !== undefined && !bug) throw new RangeError(`there is no planted bug ${planted}`);
  return runSeed({
    ...options,
    ...(faults ? { faults: new Map(Object.entries(faults) as [Fault, number][]) } : {}),
    ...(bug ? { planted: bug } : {}),
    ...(mirror ? { mirror } : {}),
  });
}

export async function summarise(one: SeedCase): Promise<SeedSummary> {
  const report = await runCase(one);
  const { seed, digest, steps, fired, seen, ends, failure } = report;
  const deliveries = [...ends.values()].reduce((sum, n) => sum + n, 0);
  const counts = { fired: Object.fromEntries(fired), seen: Object.fromEntries(seen) };
  const summary = { seed, digest, steps, deliveries, ...counts };
  return failure
    ? { ...summary, failure: { message: messageOf(failure.error), report: reportFailure(report, one) } }
    : summary;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
