import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldClaim, NO_CLAIM } from './claims.ts';
import type { PartitionClaimed } from './facts.ts';
import { EXAMPLES } from './schemas/examples.ts';

function claim(claimId: string): PartitionClaimed {
  return { ...EXAMPLES.partition_claimed, body: { claimId, owner: 'a' } };
}

test('a claim takes the partition: its offset is the epoch', () => {
  const first = foldClaim(NO_CLAIM, claim('a'), 7);
  assert.equal(first.epoch, 7);
  assert.equal(foldClaim(first, claim('b'), 9).epoch, 9);
});

test('a repeated claim is nothing, even after another', () => {
  const second = foldClaim(foldClaim(NO_CLAIM, claim('a'), 7), claim('b'), 9);
  assert.equal(foldClaim(second, claim('a'), 11), second);
  assert.equal(foldClaim(second, claim('b'), 12), second);
});

test('no other record changes who decides', () => {
  const state = foldClaim(NO_CLAIM, claim('a'), 7);
  assert.equal(foldClaim(state, EXAMPLES.released, 8), state);
});

test('the claims remembered are bounded', () => {
  let state = NO_CLAIM;
  for (let offset = 0; offset < 1000; offset++) state = foldClaim(state, claim(`c${offset}`), offset);
  assert.equal(state.epoch, 999);
  assert.equal(state.claimIds.length, 256);
});
