import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageTime } from '@penstock/events';
import { newMessageId } from './message-id.ts';

describe('a new message id', () => {
  it('tells when it was made', () => {
    const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length).fill(255) };
    for (const nowMs of [0, 1, 1_700_000_000_123, 1_795_000_000_000]) {
      assert.equal(messageTime(newMessageId(random, nowMs)), nowMs);
    }
  });
});
