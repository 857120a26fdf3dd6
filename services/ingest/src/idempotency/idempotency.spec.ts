import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MemoryContentData,
  MemoryContentStore,
  MemoryEventLog,
  MemoryLogData,
  MemoryStateStore,
} from '@penstock/adapter-memory';
import type { AnyAppendBatch, KeyedStore } from '@penstock/ports';
import { KEYS, mailBody, NOW, type Rig, type RigOptions, startIngest, until } from '../ingest-rig.spec.ts';
import type { MailSendAnswer } from '../mail-send/mail-send.ts';
import { KeyedSubmissions } from './keyed-submissions.ts';

const HOUR = 3_600_000;

const people = (count: number) =>
  mailBody({ personalizations: Array.from({ length: count }, (_, i) => ({ to: [{ email: `r${i}@example.org` }] })) });

function send(rig: Rig, body: unknown, idempotencyKey: string, presented: string = KEYS.bulk): Promise<MailSendAnswer> {
  const key = rig.ingest.keys.find(presented);
  assert.ok(key);
  return rig.ingest.mailSend.send(body, key, { idempotencyKey });
}

/** Everything in mail.submissions is expanded. */
async function settled(logData: MemoryLogData): Promise<void> {
  const topic = 'mail.submissions';
  await until(() =>
    [0, 1, 2, 3].every(
      (partition) =>
        (logData.committed.get(`ingest-expander ${topic}-${partition}`) ?? 0) === logData.bounds(topic, partition).end,
    ),
  );
}

/** Different facts: one that is written again after a crash is the same, one of another submission is not. */
const deliveries = (rig: Rig) => new Set(rig.processed().map((fact) => JSON.stringify(fact))).size;
const messages = (rig: Rig) => new Set(rig.processed().map(({ messageId }) => messageId)).size;

describe('a request with an Idempotency-Key', () => {
  for (const count of [1, 3]) {
    it(`for ${count} recipient(s) is answered with one id however often it comes, and sends once`, async () => {
      const rig = await startIngest();
      const first = await send(rig, people(count), 'key-1');
      assert.equal(first.status, 202);
      for (let again = 0; again < 3; again++) assert.deepEqual(await send(rig, people(count), 'key-1'), first);
      await settled(rig.logData);
      assert.equal(rig.processed().length, count);
      assert.equal(rig.processed()[0]?.messageId, first.messageId);
      await rig.stop();
    });
  }

  it('that comes several times at once is accepted once', async () => {
    const rig = await startIngest();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(rig, people(5), 'key-1')));
    assert.equal(new Set(answers.map(({ messageId }) => messageId)).size, 1);
    assert.ok(answers.every(({ status }) => status === 202));
    await settled(rig.logData);
    assert.equal(rig.processed().length, 5);
    await rig.stop();
  });

  it('and another body is refused with 422, also when both come at once, and sends nothing', async () => {
    const rig = await startIngest();
    const answers = await Promise.all([2, 3, 4].map((count) => send(rig, people(count), 'key-1')));
    const accepted = answers.filter(({ status }) => status === 202);
    assert.equal(accepted.length, 1);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 422, 422]);
    const [late] = (await send(rig, people(9), 'key-1')).problems ?? [];
    assert.match(late?.message ?? '', /another request within the last 24 hours/);
    await settled(rig.logData);
    assert.deepEqual(new Set(rig.processed().map(({ messageId }) => messageId)), new Set([accepted[0]?.messageId]));
    await rig.stop();
  });

  it('is its tenant’s own: under the same key of another tenant, or another key, comes other mail', async () => {
    const rig = await startIngest();
    const one = await send(rig, people(1), 'key-1');
    const other = await send(rig, people(1), 'key-2');
    const key = rig.ingest.keys.find(KEYS.bulk);
    assert.ok(key);
    const stranger = await rig.ingest.mailSend.send(
      people(1),
      { ...key, tenant: 'globex' },
      { idempotencyKey: 'key-1' },
    );
    assert.equal(new Set([one, other, stranger].map(({ messageId }) => messageId)).size, 3);
    await settled(rig.logData);
    assert.equal(rig.processed().length, 3);
    await rig.stop();
  });

  it('of no printable ASCII or over 255 characters is refused', async () => {
    const rig = await startIngest();
    for (const key of ['', ' ', 'k'.repeat(256), 'kéy', 'a\tb', 'a\r\nb', '\0']) {
      const { status, problems } = await send(rig, people(1), key);
      assert.equal(status, 400);
      assert.match(problems?.[0]?.message ?? '', /Idempotency-Key/);
    }
    assert.equal((await send(rig, people(1), 'k'.repeat(255))).status, 202);
    await rig.stop();
  });

  it('that was refused may be put right under the same key', async () => {
    const rig = await startIngest();
    assert.equal((await send(rig, mailBody({ subject: '' }), 'key-1')).status, 400);
    assert.equal((await send(rig, people(1), 'key-1')).status, 202);
    await rig.stop();
  });

  it('is forgotten after 24 hours: then it is new mail, with ids of its own', async () => {
    let passed = 0;
    const clock = { now: () => NOW + passed, monotonic: () => passed };
    const state = new MemoryStateStore();
    const rig = await startIngest({ clock, state });
    const first = await send(rig, people(2), 'key-1');
    passed = 24 * HOUR - 1;
    assert.deepEqual(await send(rig, people(2), 'key-1'), first);
    passed = 24 * HOUR;
    const second = await send(rig, people(2), 'key-1');
    assert.equal(second.status, 202);
    assert.notEqual(second.messageId, first.messageId);
    assert.deepEqual(await send(rig, people(2), 'key-1'), second);
    await settled(rig.logData);
    assert.equal(deliveries(rig), 4);
    assert.equal(messages(rig), 2);
    await rig.stop();
  });

  it('is remembered in bounded room', async () => {
    let passed = 0;
    const clock = { now: () => NOW + passed, monotonic: () => passed };
    const state = new MemoryStateStore();
    const rig = await startIngest({ clock, state });
    for (let n = 0; n < 50; n++) await send(rig, people(1), `early-${n}`);
    passed = 30 * HOUR;
    for (let n = 0; n < 20; n++) await send(rig, people(1), `late-${n}`);
    const kept = await (await state.open('ingest-keys')).range({ from: '', to: '~', limit: 1000 });
    assert.equal(kept.filter(({ key }) => key.startsWith('key/')).length, 20);
    assert.equal(kept.length, 40);
    await rig.stop();
  });

  it('is known after a restart, with its state or without', async () => {
    const logData = new MemoryLogData();
    const contentData = new MemoryContentData();
    const state = new MemoryStateStore();
    const first = await startIngest({ logData, contentData, state });
    const answer = await send(first, people(3), 'key-1');
    await settled(logData);
    await first.stop();
    for (const kept of [state, new MemoryStateStore()]) {
      const next = await startIngest({ logData, contentData, state: kept });
      assert.deepEqual(await send(next, people(3), 'key-1'), answer);
      assert.equal((await send(next, people(4), 'key-1')).status, 422);
      await settled(logData);
      assert.equal(deliveries(next), 3);
      await next.stop();
    }
  });
});

describe('whoever waits for a key to be read', () => {
  it('waits no longer when the keys stay away, or ingest stops, so that its own consumer can leave', async () => {
    const log = new MemoryEventLog(new MemoryLogData());
    const clock = { now: () => NOW, monotonic: () => 0 };
    const random = { next: () => 0, bytes: (count: number) => new Uint8Array(count) };
    const telemetry = { log: () => {} };
    const late: (() => void)[] = [];
    const timers = {
      after: (_ms: number, callback: () => void) => {
        late.push(callback);
        return { cancel: () => {} };
      },
      sleep: async () => {},
    };
    const keyed = new KeyedSubmissions({ log, state: new MemoryStateStore(), clock, timers, random, telemetry });
    await keyed.start();
    const membership = await log.join(keyed.consumer);
    const use = { messageId: 'm1', digest: 'd', offset: 0, at: NOW };
    const away = assert.rejects(keyed.firstOf(0, 'key-1', use), /not read at present/);
    const stopped = assert.rejects(keyed.firstOf(1, 'key-1', use), /stopping/);
    await membership.leave();
    late[0]?.();
    await away;
    await assert.rejects(keyed.firstOf(0, 'key-1', use), /not read at present/);
    keyed.stop();
    await stopped;
  });
});

describe('the keys of a process that its group took for dead', () => {
  it('are read on when it has them again: what came meanwhile is answered and expanded', async () => {
    const rig = await startIngest();
    const keys = rig.ingest.consumers.find(({ group }) => group.startsWith('ingest-keys-'))?.handler;
    assert.ok(keys);
    for (let partition = 0; partition < 4; partition++) await keys.revoked(partition);
    for (let partition = 0; partition < 4; partition++) await keys.assigned(partition);
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => send(rig, people(2), `key-${n}`)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    await settled(rig.logData);
    assert.equal(deliveries(rig), 10);
    assert.equal(rig.ingest.notReady(), undefined);
    await rig.stop();
  });
});

/** Lets a process live for so many calls to what outlives it; the next one never returns. */
class Fuse {
  blown = false;

  constructor(private left: number) {}

  /** `effect` happens if the process dies just after it, and does not if it dies before. */
  async call<T>(effect: () => Promise<T>): Promise<T> {
    await this.step();
    const result = await effect();
    await this.step();
    return result;
  }

  async step(): Promise<void> {
    if (!this.blown && this.left-- > 0) return;
    this.blown = true;
    await new Promise(() => {});
  }
}

function mortal(fuse: Fuse, contentData: MemoryContentData, state: MemoryStateStore): RigOptions {
  const store = new MemoryContentStore(contentData);
  const open = async (name: string): Promise<KeyedStore> => {
    const kept = await state.open(name);
    return {
      positions: () => kept.positions(),
      get: (key) => kept.get(key),
      range: (query) => kept.range(query),
      write: (change) => fuse.call(() => kept.write(change)),
    };
  };
  const dies = (batches: readonly AnyAppendBatch[]) =>
    batches.some(({ topic }) => topic !== 'mail.control') ? fuse.step() : undefined;
  return {
    contentData,
    state: { open },
    content: { put: (blobs) => fuse.call(() => store.put(blobs)), get: (reference) => store.get(reference) },
    hooks: { beforeStore: (batch) => dies([batch]), beforeAcknowledge: dies },
  };
}

describe('a process that dies with a keyed request', () => {
  it('at any step leaves one set of deliveries once the client has tried again', async () => {
    let survived = false;
    for (let steps = 0; !survived && steps < 100; steps++) {
      const logData = new MemoryLogData();
      const contentData = new MemoryContentData();
      const state = new MemoryStateStore();
      const fuse = new Fuse(steps);
      const first = await startIngest({ logData, ...mortal(fuse, contentData, state) });
      let answered: MailSendAnswer | undefined;
      let expanded = false;
      send(first, people(3), 'key-1').then(
        (answer) => {
          answered = answer;
        },
        () => {},
      );
      settled(logData).then(
        () => {
          expanded = true;
        },
        () => {},
      );
      await until(() => fuse.blown || (answered !== undefined && expanded && deliveries(first) === 3));
      survived = !fuse.blown;
      first.kill();
      const second = await startIngest({ logData, contentData, state });
      const again = await send(second, people(3), 'key-1');
      assert.equal(again.status, 202, `after ${steps} steps`);
      if (answered?.status === 202) assert.equal(again.messageId, answered.messageId, `after ${steps} steps`);
      await settled(logData);
      assert.equal(deliveries(second), 3, `after ${steps} steps`);
      assert.equal(messages(second), 1, `after ${steps} steps`);
      await second.stop();
    }
    assert.ok(survived, 'the process never got to its end');
  });
});
