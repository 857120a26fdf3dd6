import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import type { ApiKeyCreated } from '@penstock/events';
import { DirectoryFollower } from './directory-follower.ts';

function created(keyId: string): ApiKeyCreated {
  const body = { keyId, tenant: 'acme', class: 'bulk', scopes: ['mail'], hash: `hash of ${keyId}` } as const;
  return { id: keyId, type: 'api_key_created', version: 1, at: 0, partition: 0, body };
}

const append = (log: MemoryEventLog, record: ApiKeyCreated) =>
  log.append([{ topic: 'mail.directory', partition: 0, records: [record] }]);

function follower(log: MemoryEventLog): DirectoryFollower {
  return new DirectoryFollower(log, { log: () => {} }, 'a-spec');
}

describe('a follower of the directory', () => {
  it('is ready when it has read what it found', async () => {
    const log = new MemoryEventLog(new MemoryLogData());
    await append(log, created('k1'));
    const directory = follower(log);
    assert.match(directory.notReady() ?? '', /not yet read/);
    const read = directory.reached(0);
    const membership = await log.join(directory.consumer);
    await read;
    assert.equal(directory.notReady(), undefined);
    assert.ok(directory.holdsKey('k1'));
    await membership.leave();
  });

  it('tells whoever waits for a record that it is folded, not before', async () => {
    const log = new MemoryEventLog(new MemoryLogData());
    const directory = follower(log);
    const membership = await log.join(directory.consumer);
    assert.equal(directory.keyOfHash('hash of k1'), undefined);
    const [receipt] = await append(log, created('k1'));
    await directory.reached(receipt?.offset ?? 0);
    assert.equal(directory.keyOfHash('hash of k1')?.keyId, 'k1');
    await membership.leave();
  });

  it('refuses whoever waits when the topic cannot be read any more', async () => {
    const directory = follower(new MemoryEventLog(new MemoryLogData()));
    const waiting = directory.reached(0);
    directory.failed(0, new Error('a bad record'));
    await assert.rejects(waiting, /could not be read/);
    await assert.rejects(directory.reached(7), /could not be read/);
    assert.match(directory.notReady() ?? '', /could not be read/);
  });
});
