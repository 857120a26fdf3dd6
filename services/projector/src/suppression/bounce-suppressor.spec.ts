import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MemoryContentStore,
  MemoryEventLog,
  MemoryLogData,
  type MemoryLogHooks,
  MemoryStateStore,
} from '@penstock/adapter-memory';
import { Suppressions } from '@penstock/directory';
import type { Bounced, DirectoryRecord, Fact, SuppressionRemoved, Verdict } from '@penstock/events';
import { suppressionId } from '@penstock/events';
import { encodeRecipient } from '@penstock/mail';
import type { Membership } from '@penstock/ports';
import { deriveKey, openAddress, RecipientHasher } from '@penstock/sealing';
import { DeliveryFacts, ManualTime, START } from '../rig.spec.ts';
import { suppressedBy } from './address-verdicts.ts';
import { createBounceSuppressor } from './bounce-suppressor.ts';

const SECRET = new Uint8Array(32).fill(9);
const hashOf = (address: string) => new RecipientHasher(SECRET).hash(address).hex;
const verdict = (cause: string, scope: Verdict['scope'] = 'recipient'): Verdict => ({
  cause,
  scope,
  disposition: 'bounce',
  confidence: 1,
});

/** The reactor on memory adapters, which outlive it. */
class Rig {
  readonly content = new MemoryContentStore();
  readonly data = new MemoryLogData();
  readonly logged: string[] = [];
  private members: Membership[] = [];
  private log = new MemoryEventLog(this.data);

  async start(hooks: MemoryLogHooks = {}): Promise<void> {
    this.log = new MemoryEventLog(this.data, hooks);
    const telemetry = { log: (_: string, event: string) => this.logged.push(event) };
    const time = new ManualTime();
    const deps = { log: this.log, state: new MemoryStateStore(), clock: time, telemetry };
    const suppressions = new Suppressions(deps, 'a-spec');
    const timers = { after: () => ({ cancel: () => {} }), sleep: async () => {} };
    const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length).fill(4) };
    const keys = { secretKey: SECRET, recipientKey: SECRET };
    const reactor = createBounceSuppressor({ ...deps, ...keys, content: this.content, suppressions, timers, random });
    // It has to wait for what is suppressed already.
    for (const consumer of reactor.consumers) {
      if (consumer.topic === 'mail.events') this.members.push(await this.log.join(consumer));
    }
    if (suppressions.consumer.topic === 'mail.directory') this.members.push(await this.log.join(suppressions.consumer));
    await this.settled();
  }

  /** The process is killed. */
  async restart(): Promise<void> {
    this.log.disconnect();
    this.members = [];
    await this.start();
  }

  async stop(): Promise<void> {
    for (const member of this.members) await member.leave();
  }

  async settled(): Promise<void> {
    for (let turns = 0; turns < 300; turns++) await Promise.resolve();
  }

  async bounced(messageId: string, met: Verdict, at = START, told = true): Promise<Fact> {
    const address = `${messageId}@example.org`;
    const blob = encodeRecipient({ mailFrom: '', address, head: '', eightBit: false, smtpUtf8: false });
    const [recipient = ''] = await this.content.put([blob]);
    const fact = new DeliveryFacts(messageId, 0, 0, 'acme').bounced(1, at) as Bounced;
    const body = { ...fact.body, verdict: met, ...(told && { recipient }) };
    await this.append({ ...fact, body });
    return { ...fact, body };
  }

  async append(fact: Fact): Promise<void> {
    this.data.store('mail.events', fact.partition, [fact]);
    await this.settled();
  }

  async removed(address: string, at: number): Promise<void> {
    const body = { tenant: 'acme', recipientHash: hashOf(address) };
    const id = suppressionId('acme', body.recipientHash);
    const record: SuppressionRemoved = { id, type: 'suppression_removed', version: 1, at, partition: 0, body };
    this.data.store('mail.directory', 0, [record]);
    await this.settled();
  }

  /** Addresses and reasons that stand in mail.directory, repeats included. */
  added(): readonly string[] {
    const key = deriveKey(SECRET, 'suppressed-addresses');
    return this.data.read('mail.directory', 0, 0, 1000).flatMap(({ record }) => {
      const { type, body } = record as DirectoryRecord;
      return type === 'suppression_added' ? [`${openAddress(key, body, body.sealedAddress)} ${body.reason}`] : [];
    });
  }
}

describe('an address that a receiver refuses for good', () => {
  it('is suppressed, with the bounce for evidence', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.bounced('ann', verdict('user_unknown'));
    await rig.bounced('bob', verdict('nxdomain'));
    assert.deepEqual(rig.added(), ['ann@example.org bounce', 'bob@example.org invalid']);
    const record = rig.data.read('mail.directory', 0, 0, 1)[0]?.record as DirectoryRecord;
    assert.ok(record.type === 'suppression_added');
    assert.deepEqual(record.body.evidence, { deliveryId: 'ann.0.0', at: START, cause: 'user_unknown' });
    assert.deepEqual([record.body.tenant, record.body.domain, record.at], ['acme', 'example.org', START]);
    await rig.stop();
  });

  it('is suppressed once, however often its bounce is read', async () => {
    const rig = new Rig();
    await rig.start();
    const fact = await rig.bounced('ann', verdict('user_unknown'));
    await rig.append(fact);
    rig.data.committed.clear();
    await rig.restart();
    assert.deepEqual(rig.added(), ['ann@example.org bounce']);
    await rig.stop();
  });

  it('is suppressed after a crash before that was durable', async () => {
    const rig = new Rig();
    const never = new Promise<never>(() => {});
    await rig.start({ beforeStore: (batch) => (batch.topic === 'mail.directory' ? never : undefined) });
    await rig.bounced('ann', verdict('user_unknown'));
    assert.deepEqual(rig.added(), []);
    await rig.restart();
    assert.deepEqual(rig.added(), ['ann@example.org bounce']);
    await rig.stop();
  });

  it('stays as somebody decided since', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.bounced('ann', verdict('user_unknown'));
    await rig.removed('ann@example.org', START + 5);
    rig.data.committed.clear();
    await rig.restart();
    assert.deepEqual(rig.added(), ['ann@example.org bounce']);
    await rig.bounced('ann', verdict('user_unknown'), START + 6);
    assert.equal(rig.added().length, 2);
    await rig.stop();
  });

  it('is suppressed though the log failed for a while', async () => {
    let failures = 3;
    const rig = new Rig();
    await rig.start({
      beforeStore: (batch) => {
        if (batch.topic === 'mail.directory' && failures-- > 0) throw new Error('away');
      },
    });
    await rig.bounced('ann', verdict('user_unknown'));
    assert.deepEqual(rig.added(), ['ann@example.org bounce']);
    assert.ok(!rig.logged.join().includes('@'));
    await rig.stop();
  });
});

describe('a refusal', () => {
  it('that is not about the address, or may pass, suppresses nobody', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.bounced('ann', verdict('mailbox_full'));
    await rig.bounced('bob', verdict('content_rejected', 'message'));
    await rig.bounced('cyd', verdict('blocked', 'source'));
    await rig.bounced('dan', verdict('user_unknown'), START, false);
    assert.deepEqual(rig.added(), []);
    await rig.stop();
  });

  it('suppresses by what it says', () => {
    assert.equal(suppressedBy(verdict('mailbox_disabled')), 'bounce');
    assert.equal(suppressedBy(verdict('null_mx')), 'invalid');
    assert.equal(suppressedBy({ ...verdict('user_unknown'), disposition: 'defer' }), undefined);
    assert.equal(suppressedBy(verdict('mx_not_public')), undefined);
    assert.equal(suppressedBy(verdict('policy')), undefined);
    assert.equal(suppressedBy(verdict('throttle_recipient')), undefined);
  });
});
