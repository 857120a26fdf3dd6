import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Coverage } from './coverage.ts';
import { runSeed } from './run-seed.ts';
import { type SeedSummary, seedsInChild } from './seeds-in-child.ts';

const MESSAGES = 15;
const SEEDS = 200;
const TWICE = 6;

/** Every seed that ever failed, with what it found. */
const REGRESSIONS: readonly number[] = [310];

describe('the whole platform under simulated faults', () => {
  const coverage = new Coverage();

  test(`keeps its promises under ${SEEDS} seeds, and under every one that once failed`, async () => {
    const seeds = [...Array.from({ length: SEEDS }, (_, i) => i + 1), ...REGRESSIONS];
    const summaries = await seedsInChild({ seeds, messages: MESSAGES });
    const failures = summaries.flatMap(({ failure }) => failure ?? []);
    assert.ok(failures.length === 0, failures.join('\n\n'));
    for (const { fired, seen } of summaries) coverage.add(fired, seen);
  });

  test('has met every fault there is, and has been everywhere a delivery can get to', (t) => {
    for (const line of String(coverage).split('\n')) t.diagnostic(line);
    assert.deepEqual(coverage.missed(), []);
  });

  test('takes the same steps under the same seed', async () => {
    const seeds = Array.from({ length: TWICE }, (_, i) => i + 1);
    const digests = (summaries: readonly SeedSummary[]) => summaries.map(({ digest }) => digest);
    const first = await seedsInChild({ seeds, messages: MESSAGES });
    const again = await seedsInChild({ seeds, messages: MESSAGES });
    assert.deepEqual(digests(again), digests(first));
  });

  test('delivers everything that can be when nothing goes wrong', async () => {
    const { failure, ends } = await runSeed({ seed: 1, messages: 60, faults: new Map(), budgets: false });
    assert.equal(failure, undefined);
    assert.deepEqual([...ends.keys()].sort(), ['bounced', 'delivered']);
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
