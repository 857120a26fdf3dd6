import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULTS, type Fault } from '@penstock/simulation';
import { reportFailure } from './report.ts';
import { runSeed, type SeedReport } from './run-seed.ts';

const MESSAGES = 15;
const SEEDS = 200;
const TWICE = 6;

/** Every seed that ever failed, with what it found. */
const REGRESSIONS: readonly number[] = [];

function passes(report: SeedReport): void {
  if (report.failure) assert.fail(reportFailure(report, MESSAGES));
}

describe('the whole platform under simulated faults', () => {
  const fired = new Map<Fault, number>();

  test(`keeps its promises under ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const report = await runSeed({ seed, messages: MESSAGES });
      passes(report);
      for (const [fault, times] of report.fired) fired.set(fault, (fired.get(fault) ?? 0) + times);
    }
  });

  test('has met every fault there is', () => {
    assert.deepEqual(
      FAULTS.filter((fault) => !fired.has(fault)),
      [],
    );
  });

  test('keeps them under every seed that once failed', async () => {
    for (const seed of REGRESSIONS) passes(await runSeed({ seed, messages: MESSAGES }));
  });

  test('takes the same steps under the same seed', async () => {
    for (let seed = 1; seed <= TWICE; seed++) {
      const first = await runSeed({ seed, messages: MESSAGES });
      const second = await runSeed({ seed, messages: MESSAGES });
      assert.equal(first.digest, second.digest, `seed ${seed}`);
    }
  });

  test('delivers everything that can be when nothing goes wrong', async () => {
    const report = await runSeed({ seed: 1, messages: 60, faults: new Map() });
    passes(report);
    assert.equal(report.ends.get('dropped') ?? 0, 0);
    assert.ok((report.ends.get('delivered') ?? 0) >= 40);
  });
});
