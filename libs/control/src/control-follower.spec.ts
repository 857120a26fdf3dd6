import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { type Control, derivedId } from '@penstock/events';
import { policyVersion } from '@penstock/policy';
import type { Random, Telemetry } from '@penstock/ports';
import { ControlFollower } from './control-follower.ts';

const random: Random = { next: () => 0.5, bytes: (length) => new Uint8Array(length) };
const telemetry: Telemetry = { log: () => {} };
const POLICY = 'egress = "sandbox"\n';

function policyChanged(text: string): Control {
  const version = policyVersion(text);
  const body = { policyVersion: version, text, changedBy: 'spec' };
  return { id: derivedId('policy', version), type: 'policy_changed', version: 1, at: 1, partition: 0, body };
}

function pathThrottled(path: string, until: number): Control {
  const verdict = { cause: 'blocked', scope: 'path', disposition: 'defer', confidence: 1 } as const;
  const body = {
    source: 's1',
    path,
    site: 'mx.example',
    action: 'suspend',
    until,
    step: 1,
    reason: 'path_throttled',
    evidence: { phase: 'banner', verdict },
  } as const;
  return { id: derivedId(path, until), type: 'path_throttled', version: 1, at: 1, partition: 0, body };
}

async function given(...records: readonly Control[]) {
  const log = new MemoryEventLog(new MemoryLogData());
  const append = (...more: readonly Control[]) => log.append([{ topic: 'mail.control', partition: 0, records: more }]);
  if (records.length > 0) await append(...records);
  const follower = new ControlFollower(log, telemetry, random, 'spec');
  const reached = (offset: number) =>
    new Promise<void>((resolve) => {
      const check = () => follower.state.offset >= offset && resolve();
      follower.onChange(check);
      check();
    });
  const { consumer } = follower;
  if (consumer.topic !== 'mail.control') throw new Error('it follows another topic');
  return { follower, append, reached, join: () => log.join(consumer) };
}

describe('following mail.control', () => {
  it('is not ready before its end as found is reached, nor without a policy', async () => {
    const { follower, append, reached, join } = await given(pathThrottled('s1|site:mx.example', 9));
    assert.match(follower.notReady() ?? '', /not yet read/);
    await join();
    await reached(1);
    assert.match(follower.notReady() ?? '', /no policy/);
    await append(policyChanged(POLICY));
    await reached(2);
    assert.equal(follower.notReady(), undefined);
    assert.equal(follower.state.policy?.version, policyVersion(POLICY));
  });

  it('folds the records in their order and tells its listeners', async () => {
    const path = 's1|site:mx.example';
    const { follower, append, reached, join } = await given(policyChanged(POLICY), pathThrottled(path, 9));
    await join();
    await reached(2);
    const seen: (number | undefined)[] = [];
    follower.onChange((state) => seen.push(state.throttles.get(path)?.until));
    await append(pathThrottled(path, 19));
    await reached(3);
    assert.deepEqual(seen, [19]);
  });

  it('is ready under the last policy, whatever this release thinks of those before it', async () => {
    const { follower, append, reached, join } = await given(policyChanged('egress = "by carrier pigeon"'));
    await join();
    await reached(1);
    assert.match(follower.notReady() ?? '', /policy of record cannot be read/);
    await append(policyChanged(POLICY));
    await reached(2);
    assert.equal(follower.notReady(), undefined);
    assert.equal(follower.state.policy?.version, policyVersion(POLICY));
  });

  it('decides no more once the policy of record cannot be read, and again with the next', async () => {
    const { follower, append, reached, join } = await given(policyChanged(POLICY));
    await join();
    await reached(1);
    await append(policyChanged('egress = "by carrier pigeon"'));
    await reached(2);
    assert.match(follower.notReady() ?? '', /policy of record cannot be read/);
    assert.equal(follower.state.policy?.version, policyVersion(POLICY));
    await append(policyChanged(`${POLICY}# again\n`));
    await reached(3);
    assert.equal(follower.notReady(), undefined);
  });

  it('says so when it could not be read', async () => {
    const { follower } = await given();
    follower.failed(0, new Error('damaged'));
    assert.match(follower.notReady() ?? '', /could not be read/);
  });
});
