import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Coverage } from './coverage.ts';
import { keptSeeds } from './kept-seeds.ts';
import { runSeed } from './run-seed.ts';
import type { SeedSummary } from './seed-case.ts';
import { runCases } from './seeds-in-children.ts';

/** Smaller than those of the command (docs/simulation.md), for whoever changes something. */
const SEEDS = 120;
const MESSAGES = 50;
const TWICE = 10;

function reports(summaries: readonly SeedSummary[]): string {
  return summaries.flatMap(({ failure }) => failure?.report ?? []).join('\n\n');
}

describe('the whole platform under simulated faults', () => {
  const coverage = new Coverage();

  const first = (count: number) => Array.from({ length: count }, (_, i) => ({ seed: i + 1, messages: MESSAGES }));

  test(`keeps its promises under ${SEEDS} seeds`, async () => {
    const summaries = await runCases({ cases: first(SEEDS) });
    assert.equal(reports(summaries), '');
    for (const { fired, seen } of summaries) coverage.add(fired, seen);
  });

  test('has met every fault there is, and has been everywhere a delivery can get to', (t) => {
    for (const line of String(coverage).split('\n')) t.diagnostic(line);
    assert.deepEqual(coverage.missed(), []);
  });

  test('takes the same steps under the same seed', async () => {
    assert.equal(reports(await runCases({ cases: first(TWICE), twice: true })), '');
  });

  test('keeps its promises under every seed that once failed', async () => {
    const cases = keptSeeds().filter(({ planted }) => planted === undefined);
    assert.equal(reports(await runCases({ cases })), '');
  });

  test('delivers everything that can be when nothing goes wrong', async () => {
    const { failure, ends } = await runSeed({ seed: 1, messages: 60, faults: new Map(), budgets: false });
    assert.equal(failure, undefined);
    assert.deepEqual([...ends.keys()].sort(), ['bounced', 'delivered', 'dropped suppressed']);
    assert.ok((ends.get('delivered') ?? 0) >= 40);
  });

  test('keeps budgets through a store that forgets and goes away, and loses nothing', async () => {
    for (const [seed, faults] of [
      [1, ['quotas_flushed']],
      [2, ['quotas_away']],
      [3, ['quotas_flushed', 'quotas_away', 'crash_scheduler']],
    ] as const) {
      const rates = new Map(faults.map((fault) => [fault, fault === 'crash_scheduler' ? 0.004 : 0.1]));
      const { failure, fired } = await runSeed({ seed, messages: 60, faults: rates, budgets: true });
      assert.equal(failure, undefined, String(failure?.error));
      assert.deepEqual([...fired.keys()].sort(), [...faults].sort());
    }
  });
});
