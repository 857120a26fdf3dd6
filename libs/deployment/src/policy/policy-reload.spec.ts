import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemClock } from '@penstock/adapter-system';
import { policyOfRecord } from '@penstock/control';
import { reloadPolicy } from './policy-reload.ts';

describe('a policy file that is read again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-reload-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds from then on if it is one, else what held before', async () => {
    const policyFile = join(folder, 'policy.toml');
    const log = new MemoryEventLog(new MemoryLogData());
    const logged: string[] = [];
    const telemetry = { log: (_level: string, event: string) => logged.push(event) };
    const reload = async (text: string) => {
      writeFileSync(policyFile, text);
      await reloadPolicy({ policyFile, smarthost: undefined }, { log, clock: systemClock, telemetry });
      return policyOfRecord(log);
    };
    assert.equal(await reload('[retry]\njitter = 0.2\n'), '[retry]\njitter = 0.2\n');
    assert.equal(await reload('[retry]\njitter = 0.2\n'), '[retry]\njitter = 0.2\n');
    assert.equal(await reload('[retry]\njitter = 7\n'), '[retry]\njitter = 0.2\n');
    assert.equal(await reload('[retry]\njitter = 0.3\nx = 1\n'), '[retry]\njitter = 0.3\nx = 1\n');
    assert.deepEqual(logged, [
      'policy_published',
      'policy_unchanged',
      'policy_unusable',
      'policy_warning',
      'policy_published',
    ]);
  });
});
