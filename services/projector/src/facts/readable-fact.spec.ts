import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { archiveEntries } from '../archive/archive-entries.ts';
import { unreadable } from './readable-fact.ts';

const CLAIM: Fact = {
  id: 'f1',
  type: 'partition_claimed',
  version: 1,
  at: 1,
  partition: 0,
  body: { claimId: 'c', owner: 'o' },
};

function without(field: keyof Fact): Fact {
  return { ...CLAIM, [field]: undefined } as unknown as Fact;
}

describe('a fact of type and version as they should be', () => {
  it('cannot be read without its id, its time or its body', () => {
    assert.equal(unreadable(CLAIM), undefined);
    assert.match(unreadable(without('id')) ?? '', /id is missing/);
    assert.match(unreadable(without('at')) ?? '', /no time/);
    assert.match(unreadable(without('body')) ?? '', /body is missing/);
  });

  it('is archived as JSON, and as nothing else', () => {
    for (const { json } of archiveEntries(CLAIM, 7)) assert.deepEqual(JSON.parse(json), { ...CLAIM, offset: 7 });
  });
});
