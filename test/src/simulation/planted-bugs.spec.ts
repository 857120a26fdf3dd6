import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PLANTED_BUGS } from './planted-bugs/index.ts';
import { runCases } from './seeds-in-children.ts';

const MESSAGES = 200;
const MOST_SEEDS = 2_000;

describe('a bug that is planted where the services are composed', () => {
  for (const [planted, { found }] of Object.entries(PLANTED_BUGS)) {
    test(`is found: ${planted}`, async (t) => {
      const cases = Array.from({ length: MOST_SEEDS }, (_, i) => ({
        seed: i + 1,
        messages: MESSAGES,
        planted,
      }));
      const summaries = await runCases({ cases, stopsAtFirst: true });
      const first = summaries.find(({ failure }) => failure);
      assert.match(first?.failure?.message ?? 'nothing', found);
      t.diagnostic(`at seed ${first?.seed}: ${first?.failure?.message}`);
    });
  }
});
