import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HealthController } from './health.controller.ts';

function answer(reason: string | undefined, singleReplica?: string) {
  const codes: number[] = [];
  const controller = new HealthController([{ name: 'log', notReady: () => reason }], { singleReplica });
  return { report: controller.ready({ status: (code) => codes.push(code) }), codes };
}

describe('the health of a process', () => {
  it('says nothing but its state where there is nothing to warn of', () => {
    assert.deepEqual(answer(undefined), { report: { status: 'ready', reasons: {} }, codes: [200] });
  });

  it('warns of acknowledged mail that one broker alone keeps, ready or not', () => {
    const warning = 'What is acknowledged stands on one broker alone.';
    const warned = { single_replica: true, warning };
    assert.deepEqual(answer(undefined, warning).report, { status: 'ready', reasons: {}, ...warned });
    const { report, codes } = answer('the log cannot be read', warning);
    assert.deepEqual(report, { status: 'not_ready', reasons: { log: 'the log cannot be read' }, ...warned });
    assert.deepEqual(codes, [503]);
  });
});
