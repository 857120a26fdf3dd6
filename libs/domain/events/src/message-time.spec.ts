import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageTime } from './message-time.ts';

describe('the time in a message id', () => {
  it('is read from its first characters', () => {
    assert.equal(messageTime('-'.repeat(22)), 0);
    assert.equal(messageTime(`------0${'x'.repeat(15)}`), 1);
    assert.equal(messageTime(`-----00${'-'.repeat(15)}`), 65);
    assert.equal(messageTime('z'.repeat(22)), 2 ** 42 - 1);
  });

  it('is unknown where the id is of another make', () => {
    for (const id of ['', 'm1', 'z'.repeat(21), 'z'.repeat(23), `.${'z'.repeat(21)}`]) {
      assert.equal(messageTime(id), undefined);
    }
  });
});
