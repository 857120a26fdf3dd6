import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { parsePolicy } from '@penstock/policy';
import { policyOfRecord, publishPolicy } from './policy-publication.ts';

const clock = { now: () => 1_750_000_000_000, monotonic: () => 0 };
const LONG = Array.from({ length: 300 }, (_, i) => `[limit."l${i}"]\nrate = "1/s"\n`).join('');

describe('a change of the policy', () => {
  function given() {
    const log = new MemoryEventLog(new MemoryLogData());
    const publish = (text: string) =>
      publishPolicy({ log, clock, text, policy: parsePolicy(text), changedBy: 'a spec' });
    const facts = async () => (await log.read('mail.control', 0, 0, 100)).map(({ record }) => record.body);
    return { log, publish, facts };
  }

  it('is a fact with the version before it and what it says anew', async () => {
    const { log, publish, facts } = given();
    assert.equal(await publish('[retry]\njitter = 0.1\n'), true);
    assert.equal(await publish('[retry]\njitter = 0.2\nsuspend = "1m"\n'), true);
    assert.equal(await publish('[retry]\njitter = 0.2\nsuspend = "1m"\n'), false);
    const [first, second] = await facts();
    assert.deepEqual(Object.keys(first ?? {}), ['policyVersion', 'text', 'changedBy']);
    assert.deepEqual(second, {
      policyVersion: parsePolicy('[retry]\njitter = 0.2\nsuspend = "1m"\n').version,
      text: '[retry]\njitter = 0.2\nsuspend = "1m"\n',
      changedBy: 'a spec',
      previousVersion: parsePolicy('[retry]\njitter = 0.1\n').version,
      changes: [
        { key: 'retry.jitter', before: '0.1', after: '0.2' },
        { key: 'retry.suspend', after: '"1m"' },
      ],
    });
    assert.equal(await policyOfRecord(log), '[retry]\njitter = 0.2\nsuspend = "1m"\n');
  });

  it('names the first two hundred keys where there are more, and how many there are', async () => {
    const { publish, facts } = given();
    await publish('');
    await publish(LONG);
    const [, second] = await facts();
    assert.ok(second && 'changes' in second);
    assert.deepEqual([second.changes?.length, second.changeCount], [200, 300]);
  });
});
