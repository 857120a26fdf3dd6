import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData, MemoryStateStore } from '@penstock/adapter-memory';
import {
  type DirectoryRecord,
  derivedId,
  type SuppressionAdded,
  type SuppressionRemoved,
  suppressionId,
} from '@penstock/events';
import { Suppressions } from './suppressions.ts';

const NOW = 1_000_000;
const hashOf = (name: string) => derivedId('recipient', name);

function added(name: string, more: Partial<SuppressionAdded['body']> = {}, at = NOW): SuppressionAdded {
  const recipientHash = hashOf(name);
  const shown = { domain: 'example.com', sealedAddress: `sealed${name}`, reason: 'manual' as const };
  const body = { tenant: 'acme', recipientHash, ...shown, ...more };
  const id = suppressionId(body.tenant, recipientHash);
  return { id, type: 'suppression_added', version: 1, at, partition: 0, body };
}

function removed(name: string, at = NOW): SuppressionRemoved {
  const body = { tenant: 'acme', recipientHash: hashOf(name) };
  const id = suppressionId(body.tenant, body.recipientHash);
  return { id, type: 'suppression_removed', version: 1, at, partition: 0, body };
}

class Rig {
  readonly state = new MemoryStateStore();
  logData = new MemoryLogData();
  readonly logged: string[] = [];
  nowMs = NOW;

  async append(...records: readonly DirectoryRecord[]): Promise<void> {
    await new MemoryEventLog(this.logData).append([{ topic: 'mail.directory', partition: 0, records }]);
  }

  /** One that has read what there is. */
  async started(): Promise<Suppressions & { leave(): Promise<void> }> {
    const log = new MemoryEventLog(this.logData);
    const telemetry = { log: (_: string, event: string) => this.logged.push(event) };
    const clock = { now: () => this.nowMs };
    const suppressions = new Suppressions({ log, state: this.state, clock, telemetry }, 'a-spec');
    const membership = await log.join(suppressions.consumer);
    const { end } = await log.bounds('mail.directory', 0);
    if (end > 0) await suppressions.reached(end - 1);
    assert.equal(suppressions.notReady(), undefined);
    return Object.assign(suppressions, { leave: () => membership.leave() });
  }

  async reasons(...names: readonly string[]) {
    const suppressions = await this.started();
    const reasons = names.map((name) =>
      suppressions.reasonFor({ tenant: 'acme', recipientHash: hashOf(name) }, this.nowMs),
    );
    await suppressions.leave();
    return reasons;
  }
}

describe('the suppressions that mail.directory tells of', () => {
  it('are each tenant’s own, until they are removed', async () => {
    const rig = new Rig();
    await rig.append(
      added('ann'),
      added('bob', { reason: 'bounce' }),
      added('cyd', { tenant: 'globex' }),
      removed('ann'),
    );
    assert.deepEqual(await rig.reasons('ann', 'bob', 'cyd'), [undefined, 'bounce', undefined]);
  });

  it('are the latest that was said of each, however often it is read', async () => {
    const rig = new Rig();
    await rig.append(added('ann', { reason: 'bounce' }), removed('ann'), added('ann', { reason: 'complaint' }));
    assert.deepEqual(await rig.reasons('ann'), ['complaint']);
    await rig.append(added('ann', { reason: 'complaint' }), removed('ann'), removed('ann'));
    assert.deepEqual(await rig.reasons('ann'), [undefined]);
  });

  it('end at their time, and are let go at the start behind it', async () => {
    const rig = new Rig();
    await rig.append(added('ann', { expiresAt: NOW + 5_000 }));
    const suppressions = await rig.started();
    const asked = { tenant: 'acme', recipientHash: hashOf('ann') };
    assert.equal(suppressions.reasonFor(asked, NOW + 4_999), 'manual');
    assert.equal(suppressions.reasonFor(asked, NOW + 5_000), undefined);
    await suppressions.leave();
    rig.nowMs = NOW + 5_000;
    const later = await rig.started();
    assert.deepEqual([later.size, await later.page('acme', undefined, 10)], [0, []]);
    await later.leave();
  });

  it('may be bypassed by reason', async () => {
    const rig = new Rig();
    await rig.append(added('ann', { reason: 'unsubscribe' }));
    const suppressions = await rig.started();
    const asked = { tenant: 'acme', recipientHash: hashOf('ann') };
    assert.equal(suppressions.reasonFor({ ...asked, bypass: ['unsubscribe'] }, NOW), undefined);
    assert.equal(suppressions.reasonFor({ ...asked, bypass: ['bounce'] }, NOW), 'unsubscribe');
    await suppressions.leave();
  });

  it('are not made by a bounce from before their removal, told once more', async () => {
    const bounced = added('ann', {
      reason: 'bounce',
      evidence: { deliveryId: 'm.0.0', at: NOW - 10, cause: 'user_unknown' },
    });
    const rig = new Rig();
    await rig.append(bounced, removed('ann'), bounced);
    assert.deepEqual(await rig.reasons('ann'), [undefined]);
    await rig.append(bounced);
    assert.deepEqual(await rig.reasons('ann'), [undefined], 'nor in a later batch, after a restart');
    await rig.append({
      ...bounced,
      body: { ...bounced.body, evidence: { deliveryId: 'n.0.0', at: NOW + 1, cause: 'x' } },
    });
    assert.deepEqual(await rig.reasons('ann'), ['bounce']);
  });

  it('are made by what a receiver says of somebody who is not suppressed, after the latest removal', async () => {
    const rig = new Rig();
    await rig.append(added('ann'), added('bob'), removed('bob', NOW), added('old', { expiresAt: NOW - 1 }));
    const suppressions = await rig.started();
    await suppressions.known();
    const isNews = (name: string, at: number) => suppressions.isNews('acme', hashOf(name), at);
    assert.deepEqual(await Promise.all([isNews('ann', NOW + 1), isNews('cyd', 1), isNews('old', 1)]), [
      false,
      true,
      true,
    ]);
    assert.deepEqual(await Promise.all([isNews('bob', NOW), isNews('bob', NOW + 1)]), [false, true]);
    await suppressions.leave();
  });

  it('are known after a restart without reading the log again', async () => {
    const rig = new Rig();
    await rig.append(added('ann'), added('bob'));
    await (await rig.started()).leave();
    const log = new MemoryEventLog(rig.logData);
    const again = new Suppressions(
      { log, state: rig.state, clock: { now: () => NOW }, telemetry: { log: () => {} } },
      'x',
    );
    assert.equal(await again.assigned(0), 2);
    assert.equal(again.notReady(), undefined);
    assert.equal(again.size, 2);
  });

  it('are known all the while the topic is assigned once more', async () => {
    const rig = new Rig();
    await rig.append(added('ann'));
    const suppressions = await rig.started();
    const asked = { tenant: 'acme', recipientHash: hashOf('ann') };
    let done = false;
    const again = suppressions.assigned(0).then(() => {
      done = true;
    });
    for (let turns = 0; !done && turns < 1000; turns++) {
      assert.equal(suppressions.reasonFor(asked, NOW), 'manual');
      await Promise.resolve();
    }
    await again;
    assert.equal(suppressions.reasonFor(asked, NOW), 'manual');
    await suppressions.leave();
  });

  it('are read anew where the log is another one', async () => {
    const rig = new Rig();
    await rig.append(added('ann'), added('bob'));
    await (await rig.started()).leave();
    rig.logData = new MemoryLogData();
    await rig.append(added('cyd'), added('dan'), added('eve'));
    assert.deepEqual(await rig.reasons('ann', 'cyd', 'eve'), [undefined, 'manual', 'manual']);
    assert.deepEqual(rig.logged, ['suppressions_discarded']);
  });

  it('are listed in pages, each tenant’s own', async () => {
    const rig = new Rig();
    const names = ['a', 'b', 'c', 'd', 'e'];
    await rig.append(
      ...names.map((name) => added(name)),
      added('z', { tenant: 'globex' }),
      added('y', { tenant: 'acm' }),
    );
    const suppressions = await rig.started();
    const listed: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await suppressions.page('acme', after, 2);
      listed.push(...page.map(({ recipientHash }) => recipientHash));
      after = page.at(-1)?.recipientHash;
      if (page.length < 2) break;
    }
    assert.deepEqual(listed, names.map(hashOf).sort());
    const found = await suppressions.find('acme', hashOf('c'));
    assert.deepEqual([found?.sealedAddress, found?.addedAt, found?.domain], ['sealedc', NOW, 'example.com']);
    assert.equal(await suppressions.find('acme', hashOf('z')), undefined);
    await suppressions.leave();
  });

  it('are not ready before they are read, and refuse whoever waits once they cannot be', async () => {
    const rig = new Rig();
    const log = new MemoryEventLog(rig.logData);
    const one = new Suppressions(
      { log, state: rig.state, clock: { now: () => NOW }, telemetry: { log: () => {} } },
      'x',
    );
    assert.match(one.notReady() ?? '', /not yet read/);
    const waiting = [one.reached(0), one.known()];
    one.failed(0, new Error('a bad record'));
    for (const each of [...waiting, one.known()]) await assert.rejects(each, /could not be read/);
    assert.match(one.notReady() ?? '', /could not be read/);
  });
});
