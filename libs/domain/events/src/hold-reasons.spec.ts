import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferralText } from './hold-reasons.ts';

test('the text of a held deferral is the one users know', () => {
  assert.equal(
    deferralText(['connection_limit', 'path_throttled']),
    'Email was deferred due to the following reason(s): [IPs reached ISP-suggested max connection limits, IPs were throttled by recipient server]',
  );
});
