import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemClock, systemRandom } from '@penstock/adapter-system';
import { publishPolicy } from '@penstock/control';
import { parsePolicy } from '@penstock/policy';
import type { Resolver } from '@penstock/ports';
import { openPolicyResolver } from './policy-resolver.ts';

const SANDBOX_POLICY = readFileSync(new URL('../../../../infra/policy/sandbox.toml', import.meta.url), 'utf8');
const sandbox: Resolver = {
  resolveMx: async () => ({ kind: 'mx', hosts: [{ name: 'mx.sandbox', preference: 1 }], ttlMs: 1 }),
  resolveAddresses: async () => ({ kind: 'none' }),
  resolveTxt: async () => ({ kind: 'none' }),
};

async function resolverUnder(text: string | undefined, ofSandbox: Resolver | undefined) {
  const telemetry = { log: () => {} };
  const log = new MemoryEventLog(new MemoryLogData());
  if (text !== undefined) {
    await publishPolicy({ log, clock: systemClock, text, policy: parsePolicy(text), changedBy: 'a spec' });
  }
  const resolver = openPolicyResolver({ log, clock: systemClock, random: systemRandom, telemetry }, ofSandbox);
  const membership = await log.join(resolver.consumer);
  return { resolver, leave: () => membership.leave() };
}

describe('names under a policy', () => {
  it('are nobody until the policy is known', async () => {
    const { resolver, leave } = await resolverUnder(undefined, sandbox);
    assert.equal((await resolver.resolveMx('gmail.com')).kind, 'failure');
    assert.equal(resolver.policy(), undefined);
    await leave();
  });

  it("are the sandbox's where mail is sent to the sandbox, and nobody's without it", async () => {
    for (const [ofSandbox, kind] of [[sandbox, 'mx'] as const, [undefined, 'failure'] as const]) {
      const { resolver, leave } = await resolverUnder(SANDBOX_POLICY, ofSandbox);
      // What stood in the log is read in the background.
      for (let looks = 0; looks < 1_000 && !resolver.policy(); looks++) await new Promise(setImmediate);
      assert.equal((await resolver.resolveMx('gmail.com')).kind, kind);
      assert.equal((await resolver.fresh.resolveMx('gmail.com')).kind, kind);
      await leave();
    }
  });
});
