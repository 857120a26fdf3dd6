import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '@penstock/policy';
import { StartupError } from '../startup/startup-error.ts';
import { checkRetention } from './retention-check.ts';

const HOUR = 3_600_000;

describe('the retention', () => {
  const policy = parsePolicy(
    'egress = "sandbox"\n[source."s"]\nehlo_domain = "s.example"\npartition = 0\n[pool."default"]\nsources = ["s"]\n',
  );

  it('has to outlast whatever mail may be pending, by a day', () => {
    const least = 72 * HOUR + policy.retry.maxAgeMs + 24 * HOUR;
    checkRetention(least, policy);
    checkRetention(30 * 24 * HOUR, policy);
    assert.throws(
      () => checkRetention(least - 1, policy),
      (error: Error) =>
        error instanceof StartupError && /^PENSTOCK_RETENTION: .* is less than mail may be pending/.test(error.message),
    );
  });
});
