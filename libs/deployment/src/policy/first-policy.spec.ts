import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemClock } from '@penstock/adapter-system';
import { policyOfRecord, publishPolicy } from '@penstock/control';
import { parsePolicy } from '@penstock/policy';
import { StartupError } from '../startup/startup-error.ts';
import { publishFirstPolicy } from './first-policy.ts';

const RELAY = { host: 'relay.example', port: 25 };

function policyText(ehlo: string): string {
  return `egress = "internet"\n[source."ip-1"]\nehlo_domain = "${ehlo}"\npartition = 0\n[pool."default"]\nsources = ["ip-1"]\n`;
}

describe('the first policy of services apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-first-policy-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;

  function file(text: string): string {
    const path = join(folder, `${files++}.toml`);
    writeFileSync(path, text);
    return path;
  }

  function given() {
    const log = new MemoryEventLog(new MemoryLogData());
    const logged: string[] = [];
    const telemetry = { log: (_level: string, event: string) => logged.push(event) };
    const deps = { log, clock: systemClock, telemetry };
    const facts = async () => (await log.bounds('mail.control', 0)).end;
    return { log, deps, logged, facts };
  }

  it('is that of the file, and a file that is changed later changes nothing', async () => {
    const { log, deps, logged, facts } = given();
    await publishFirstPolicy({ policyFile: file(policyText('a.example')), smarthost: undefined }, deps);
    await publishFirstPolicy({ policyFile: file(policyText('b.example')), smarthost: undefined }, deps);
    assert.equal(await policyOfRecord(log), policyText('a.example'));
    assert.equal(await facts(), 1);
    assert.deepEqual(logged, ['policy_published']);
  });

  it('is nothing where no file is named', async () => {
    const { deps, facts } = given();
    await publishFirstPolicy({ policyFile: undefined, smarthost: undefined }, deps);
    assert.equal(await facts(), 0);
  });

  it('is checked even where there is one, and its slips are warned of', async () => {
    const { deps, logged } = given();
    const first = file(`${policyText('a.example')}[nonsense]\nx = 1\n`);
    await publishFirstPolicy({ policyFile: first, smarthost: undefined }, deps);
    assert.deepEqual(new Set(logged), new Set(['policy_warning', 'policy_published']));
    const broken = { policyFile: file('["default"]\nconnection_limit = "many"\n'), smarthost: undefined };
    await assert.rejects(publishFirstPolicy(broken, deps), StartupError);
  });

  it('goes through the smarthost, whatever stands in the file or in the log', async () => {
    const { log, deps, facts } = given();
    const egressOf = async () => parsePolicy((await policyOfRecord(log)) ?? '').egress;
    const { text, policy } = { text: policyText('a.example'), policy: parsePolicy(policyText('a.example')) };
    await publishPolicy({ log, clock: systemClock, text, policy, changedBy: 'a spec' });
    assert.equal(await egressOf(), 'internet');
    const settings = { policyFile: file(policyText('b.example')), smarthost: RELAY };
    for (let starts = 0; starts < 3; starts++) await publishFirstPolicy(settings, deps);
    assert.equal(await egressOf(), 'smarthost');
    assert.equal(await facts(), 2);
    // The sources are those of the policy of record, not of the file.
    assert.match((await policyOfRecord(log)) ?? '', /a\.example/);
  });

  it('is the shipped one with a smarthost and no file', async () => {
    const { log, deps } = given();
    await publishFirstPolicy({ policyFile: undefined, smarthost: RELAY }, deps);
    const { smarthost } = parsePolicy((await policyOfRecord(log)) ?? '');
    assert.deepEqual([smarthost?.host, smarthost?.port], ['relay.example', 25]);
  });
});
