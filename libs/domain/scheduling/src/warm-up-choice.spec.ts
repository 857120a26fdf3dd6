import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PartitionHistory, START } from './specification.ts';
import { mayTake, type Openness } from './warm-up-choice.ts';

const BOTH: Openness = { hasWarming: true, hasWarm: true, hasShared: false, waitMs: 0 };

function tried() {
  const history = new PartitionHistory({ sources: ['new', 'old'] }).claim();
  const delivery = history.delivery(history.mail());
  delivery.triedWarming = true;
  return delivery;
}

const takes = (tier: 'warming' | 'warm', own: boolean, open: Openness) =>
  mayTake(tier, own, tried(), open, () => true, START);

describe('a delivery that was tried on a source in warm-up', () => {
  it('is not tried there again while a warm source may take it, whatever tokens there are', () => {
    assert.equal(takes('warming', false, BOTH), false);
    assert.equal(takes('warm', false, BOTH), true);
  });

  it('is where no warm source may, and where that source has greylisted it', () => {
    assert.equal(takes('warming', false, { ...BOTH, hasWarm: false }), true);
    assert.equal(takes('warming', true, BOTH), true);
  });
});
