import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceClaimed, SourceReleased } from './control.ts';
import { foldSourceClaim, NO_SOURCE_CLAIMS, type SourceClaims } from './source-claims.ts';

type Step = readonly ['source_claimed' | 'source_released', string];

function fold(...steps: readonly Step[]): SourceClaims {
  let claims = NO_SOURCE_CLAIMS;
  for (const [offset, [type, claimId]] of steps.entries()) {
    const body = { source: 's1', owner: `owner of ${claimId}`, claimId };
    const record = { id: `${offset}`, type, version: 1, at: 0, partition: 0, body } as SourceClaimed | SourceReleased;
    claims = foldSourceClaim(claims, record, offset);
  }
  return claims;
}

const ids = (claims: readonly { readonly claimId: string }[]) => claims.map(({ claimId }) => claimId);

describe('the claims of a source', () => {
  it('are open until they are released, in the order of the log', () => {
    const { open, released } = fold(['source_claimed', 'a'], ['source_claimed', 'b'], ['source_released', 'a']);
    assert.deepEqual(open, [{ owner: 'owner of b', claimId: 'b', offset: 1 }]);
    assert.deepEqual(released, [{ owner: 'owner of a', claimId: 'a', offset: 2 }]);
  });

  it('count once, however often they are written, and never again after their release', () => {
    assert.deepEqual(ids(fold(['source_claimed', 'a'], ['source_claimed', 'a']).open), ['a']);
    const again = fold(['source_claimed', 'a'], ['source_released', 'a'], ['source_claimed', 'a']);
    assert.deepEqual(ids(again.open), []);
  });

  it('are not ended by the release of another', () => {
    const { open, released } = fold(['source_claimed', 'a'], ['source_released', 'b']);
    assert.deepEqual([ids(open), ids(released)], [['a'], []]);
  });
});
