import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoPostfix } from '../fixtures/postfix/postfix.ts';
import { VerifiedRelay } from './verified-relay.ts';

test('signatures of mail of every shape verify behind a Postfix', async (context) => {
  const reason = whyNoPostfix();
  if (reason !== undefined) return context.skip(reason);
  const relay = await VerifiedRelay.start();
  try {
    const verdicts = await relay.verify(90);
    assert.equal(verdicts.length, 90);
    assert.deepEqual(
      verdicts.filter(({ complaint }) => complaint !== undefined),
      [],
    );
  } finally {
    await relay.stop();
  }
});
