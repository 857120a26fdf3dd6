import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide, type Proposal } from './decide.ts';
import { RELEASES_PER_DECISION } from './draft.ts';
import type { SuppressionGrants } from './grants.ts';
import { only, PartitionHistory, releasedIds, START } from './specification.ts';

/** Everybody, but those who are bypassed, or nobody. */
const EVERYBODY: SuppressionGrants = {
  reasonFor: ({ tenant, bypass }) => (tenant === 'acme' && !bypass?.includes('bounce') ? 'bounce' : undefined),
};

function ask(history: PartitionHistory, suppressions: SuppressionGrants | undefined, nowMs = START): Proposal {
  const grants = { sites: history.sites, budgets: history.purse.at(nowMs), suppressions };
  return decide(history.state, history.control, { nowMs, logTimeMs: nowMs }, grants);
}

describe('mail whose recipient is suppressed when its turn comes', () => {
  it('is dropped, and says why', () => {
    const history = new PartitionHistory().claim();
    history.mail();
    const { records } = ask(history, EVERYBODY);
    const { body } = only(records, 'dropped');
    assert.deepEqual(body, { cause: 'suppressed', attempts: 0, heldMs: 0, remoteMs: 0, suppression: 'bounce' });
    history.append(...records);
    assert.equal(history.state.deliveries.size, 0);
  });

  it('is dropped after an attempt as before the first', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.append(...ask(history, undefined).records);
    history.append(history.deferred(id, START + 1, { retryAfterMs: 5_000 }));
    assert.equal(only(ask(history, EVERYBODY, START + 5_001).records, 'dropped').body.attempts, 1);
  });

  it('goes where its sender bypasses the list', () => {
    const history = new PartitionHistory().claim();
    const { body, ...envelope } = history.processed();
    history.append({ ...envelope, body: { ...body, bypass: ['bounce'] } });
    assert.equal(releasedIds(ask(history, EVERYBODY).records).length, 1);
  });

  it('goes where an earlier release had not kept whom it is for', () => {
    const history = new PartitionHistory().claim();
    const { body, ...envelope } = history.processed();
    const { recipientHash: _, ...rest } = body;
    history.append({ ...envelope, body: rest as typeof body });
    assert.equal(releasedIds(ask(history, EVERYBODY).records).length, 1);
  });

  it('is dropped a bounded number at a time, until none is left', () => {
    const history = new PartitionHistory().claim();
    for (let i = 0; i < 2 * RELEASES_PER_DECISION + 10; i++)
      history.mail({ domain: i % 2 ? 'a.example' : 'b.example' });
    const counts: number[] = [];
    for (let rounds = 0; rounds < 10; rounds++) {
      const { records } = ask(history, EVERYBODY);
      if (records.length === 0) break;
      counts.push(records.length);
      history.append(...records);
    }
    assert.deepEqual(counts, [RELEASES_PER_DECISION, RELEASES_PER_DECISION, 10]);
    assert.equal(history.state.deliveries.size, 0);
  });

  it('does not keep others of its lane from going', () => {
    const history = new PartitionHistory().claim();
    const ids = [history.mail(), history.mail(), history.mail()];
    const [, second = ''] = ids;
    const suppressed = history.delivery(second).accepted;
    const suppressions: SuppressionGrants = {
      reasonFor: (asked) => (asked.recipientHash === suppressed.recipientHash ? 'manual' : undefined),
    };
    Object.assign(suppressed, { recipientHash: 'another' });
    const { records } = ask(history, suppressions);
    assert.deepEqual(releasedIds(records), [ids[0], ids[2]]);
    assert.equal(records.filter(({ type }) => type === 'dropped').length, 1);
  });
});
