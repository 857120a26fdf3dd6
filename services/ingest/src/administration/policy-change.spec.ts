import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData, type MemoryLogHooks } from '@penstock/adapter-memory';
import { policyOfRecord } from '@penstock/control';
import { parsePolicy } from '@penstock/policy';
import { NOW, POLICY } from '../ingest-rig.spec.ts';
import { applyPolicy, recordedPolicy, type Smarthost } from './policy-change.ts';
import { RefusedChange } from './refused-change.ts';

const OPERATOR = { tenant: 'ops', class: 'bulk', scopes: new Set(['operate'] as const) } as const;

function given({ hooks = {}, smarthost }: { hooks?: MemoryLogHooks; smarthost?: Smarthost } = {}) {
  const log = new MemoryEventLog(new MemoryLogData(), hooks);
  const logged: string[] = [];
  const telemetry = { log: (_level: string, event: string) => logged.push(event) };
  const deps = { log, clock: { now: () => NOW, monotonic: () => 0 }, telemetry, smarthost };
  return { log, logged, apply: (text: string) => applyPolicy(text, OPERATOR, deps) };
}

describe('a policy that is applied', () => {
  it('is the policy of record from the answer on, once however often it is applied', async () => {
    const { log, apply } = given();
    const applied = await apply(POLICY);
    assert.deepEqual(applied, { version: parsePolicy(POLICY).version, changed: true });
    assert.deepEqual(await apply(POLICY), { ...applied, changed: false });
    const [stored, ...more] = await log.read('mail.control', 0, 0, 10);
    assert.deepEqual(more, []);
    assert.deepEqual(stored?.record.type === 'policy_changed' && stored.record.body.changedBy, 'admin API, tenant ops');
  });

  it('can be read as it was applied; where there is none yet, that is said', async () => {
    const { log, apply } = given();
    await assert.rejects(
      recordedPolicy(log),
      (error: unknown) => error instanceof RefusedChange && error.status === 404,
    );
    const { version } = await apply(POLICY);
    assert.deepEqual(await recordedPolicy(log), { version, text: POLICY });
  });

  it('is refused whole with every error in it, and nothing is written', async () => {
    const { log, apply } = given();
    const text = `${POLICY}["default"]\nconnection_limit = "many"\nmax_message_rate = "some"\n`;
    await assert.rejects(apply(text), (error: unknown) => {
      assert.ok(error instanceof RefusedChange);
      const [problem] = error.problems;
      assert.deepEqual([error.status, problem?.field], [400, 'text']);
      assert.match(problem?.message ?? '', /connection_limit.*; .*max_message_rate/);
      return true;
    });
    assert.equal(await policyOfRecord(log), undefined);
  });

  it('is answered as perhaps not stored where the log did not take it', async () => {
    const { apply, logged } = given({ hooks: { beforeAcknowledge: () => Promise.reject(new Error('no broker')) } });
    await assert.rejects(apply(POLICY), (error: unknown) => error instanceof RefusedChange && error.status === 503);
    assert.deepEqual(logged, ['policy_change_failed']);
  });

  it('goes through the smarthost that is set, whatever it says itself', async () => {
    const { log, apply } = given({ smarthost: { host: 'relay.example', port: 2525 } });
    const { version } = await apply(POLICY);
    const recorded = parsePolicy((await policyOfRecord(log)) ?? '');
    assert.equal(recorded.version, version);
    assert.deepEqual(
      [recorded.egress, recorded.smarthost?.host, recorded.smarthost?.port, [...recorded.sources.keys()]],
      ['smarthost', 'relay.example', 2525, ['ip-1', 'ip-2']],
    );
  });
});
