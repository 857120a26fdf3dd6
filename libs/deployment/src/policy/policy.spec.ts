import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemClock } from '@penstock/adapter-system';
import { publishPolicy } from '@penstock/control';
import { StartupError } from '../startup/startup-error.ts';
import { loadPolicy } from './policy-text.ts';

describe('the policy file of a platform', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'penstock-policy-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function file(text: string): string {
    const path = join(folder, 'policy.toml');
    writeFileSync(path, text);
    return path;
  }

  it('is the sandbox without settings, and one host with a smarthost', () => {
    assert.equal(loadPolicy({ policyFile: undefined, smarthost: undefined }).policy.egress, 'sandbox');
    const { policy } = loadPolicy({ policyFile: undefined, smarthost: { host: '127.0.0.1', port: 2626 } });
    assert.equal(policy.egress, 'smarthost');
    assert.deepEqual([policy.smarthost?.host, policy.smarthost?.port], ['127.0.0.1', 2626]);
  });

  it('sends everything to the smarthost whatever the file says', () => {
    const policyFile = file(
      'egress = "sandbox"\n[source."ip-1"]\nehlo_domain = "a.example"\npartition = 0\n[pool."default"]\nsources = ["ip-1"]\n',
    );
    const { policy } = loadPolicy({ policyFile, smarthost: { host: 'relay.example', port: 25 } });
    assert.equal(policy.egress, 'smarthost');
    assert.ok(policy.sources.has('ip-1'));
  });

  it('is refused with file, line and key', () => {
    const policyFile = file('["default"]\nconnection_limit = "many"\n');
    assert.throws(
      () => loadPolicy({ policyFile, smarthost: undefined }),
      (error: Error) => error instanceof StartupError && /policy\.toml.*line 2.*connection_limit/.test(error.message),
    );
    assert.throws(
      () => loadPolicy({ policyFile: join(folder, 'nowhere.toml'), smarthost: undefined }),
      /nowhere\.toml cannot be read \(ENOENT\)/,
    );
  });

  it('becomes a fact on an empty log and when it changed, not at every start', async () => {
    const log = new MemoryEventLog(new MemoryLogData());
    const sandbox = loadPolicy({ policyFile: undefined, smarthost: undefined });
    const smarthost = loadPolicy({ policyFile: undefined, smarthost: { host: '127.0.0.1', port: 2626 } });
    const publish = ({ text, policy }: typeof sandbox) =>
      publishPolicy({ log, clock: systemClock, text, policy, changedBy: 'test' });

    assert.equal(await publish(sandbox), true);
    assert.equal(await publish(sandbox), false);
    assert.equal(await publish(smarthost), true);
    assert.equal(await publish(sandbox), true);
    const stored = await log.read('mail.control', 0, 0, 10);
    assert.equal(stored.length, 3);
    assert.equal(new Set(stored.map(({ record }) => record.id)).size, 3);
  });
});
