import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReputationChanged } from '@penstock/events';
import { type ControlState, foldControl, INITIAL_CONTROL } from './control-state.ts';
import { reputationKey, tenantScore } from './reputations.ts';

function changed(name: string, score: number | undefined, at: number): ReputationChanged {
  const body = {
    subject: 'tenant',
    name,
    ...(score !== undefined && { score }),
    outcomes: 500,
    providers: {},
  } as const;
  return { id: `${name}-${at}`, type: 'reputation_changed', version: 1, at, partition: 0, body };
}

function folded(...records: readonly ReputationChanged[]): ControlState {
  return records.reduce(
    (state, record, offset) => foldControl(state, record, offset, () => undefined),
    INITIAL_CONTROL,
  );
}

describe('the reputations of record', () => {
  it('are the last that was said of each', () => {
    const { reputations } = folded(changed('acme', 91, 1), changed('other', 60, 2), changed('acme', 83, 3));
    assert.equal(tenantScore(reputations, 'acme'), 83);
    assert.equal(tenantScore(reputations, 'other'), 60);
  });

  it('do not change when a record comes again', () => {
    const record = changed('acme', 83, 3);
    assert.deepEqual(folded(record, record).reputations, folded(record).reputations);
  });

  it('know a tenant that was never rated from one that no longer is, and score neither', () => {
    const { reputations } = folded(changed('acme', 91, 1), changed('acme', undefined, 2));
    assert.equal(tenantScore(reputations, 'acme'), undefined);
    assert.equal(tenantScore(reputations, 'new'), undefined);
    assert.equal(reputations.has(reputationKey('tenant', 'acme')), true);
    assert.equal(reputations.has(reputationKey('tenant', 'new')), false);
  });
});
