import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockAheadMs, clockAheadReason, clockBehindMs, clockBehindReason, sidesWithWall } from './host-clock.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

describe('the clock of a host, held against the log', () => {
  it('is believed where the log is empty, or older', () => {
    assert.equal(clockBehindMs(NOW, { owners: [], others: [] }), undefined);
    assert.equal(clockBehindMs(NOW, { owners: [NOW - HOUR], others: [NOW - 5 * HOUR] }), undefined);
  });

  it('may be behind by a minute', () => {
    assert.equal(clockBehindMs(NOW, { owners: [NOW + 60_000], others: [] }), undefined);
    assert.equal(clockBehindMs(NOW, { owners: [NOW + 60_001], others: [] }), 60_001);
  });

  it('is behind where the owners are ahead of it, whatever silent partitions say', () => {
    const witnesses = { owners: [NOW + 2 * HOUR], others: [NOW, NOW, NOW - HOUR] };
    assert.equal(clockBehindMs(NOW, witnesses), 2 * HOUR);
  });

  it('is behind where nobody renews and the newest records are ahead of it', () => {
    assert.equal(clockBehindMs(NOW, { owners: [NOW - 9 * HOUR], others: [NOW - HOUR, NOW + 2 * HOUR] }), 2 * HOUR);
  });

  it('is believed where as many agree with it as are ahead of it', () => {
    assert.equal(clockBehindMs(NOW, { owners: [NOW - 5_000, NOW + HOUR], others: [] }), undefined);
    assert.equal(clockBehindMs(NOW, { owners: [NOW - 5_000], others: [NOW + HOUR, NOW + HOUR] }), undefined);
  });

  it('is ahead where those who renew now are behind it by more than a minute', () => {
    assert.equal(clockAheadMs(NOW, [NOW - 2 * HOUR]), 2 * HOUR);
    assert.equal(clockAheadMs(NOW, [NOW - 60_000]), undefined);
    assert.equal(clockAheadMs(NOW, [NOW - 2 * HOUR, NOW - 3_000]), undefined);
    assert.equal(clockAheadMs(NOW, []), undefined);
    assert.equal(clockAheadReason(2 * HOUR), 'the clock of this host is 2 h 0 min ahead of the log: put it right');
  });

  it('says by how much it is behind', () => {
    assert.equal(clockBehindReason(2 * HOUR), 'the clock of this host is 2 h 0 min behind the log: put it right');
    assert.equal(clockBehindReason(150_000), 'the clock of this host is 2 min behind the log: put it right');
  });

  it('is right against the time that is kept only where owners say so', () => {
    assert.equal(sidesWithWall(NOW, NOW - 2 * HOUR, { owners: [NOW - 5_000], others: [] }), true);
    assert.equal(sidesWithWall(NOW + 2 * HOUR, NOW, { owners: [NOW - 5_000], others: [] }), false);
    assert.equal(sidesWithWall(NOW, NOW - 2 * HOUR, { owners: [], others: [NOW] }), false);
    assert.equal(sidesWithWall(NOW, NOW - 90_000, { owners: [NOW], others: [] }), false);
  });
});
