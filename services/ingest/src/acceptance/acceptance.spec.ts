import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePartition, classPartitions, factId, isSampled, parseDeliveryId, TOPICS } from '@penstock/events';
import { decodeManifest, listRecipients } from '@penstock/mail';
import type { AnyAppendBatch } from '@penstock/ports';
import { RecipientHasher } from '@penstock/sealing';
import { countingRandom, KEYS, mailBody, NOW, type Rig, startIngest, until } from '../ingest-rig.spec.ts';
import { newMessageId } from './message-id.ts';
import { processedId } from './processed.ts';

function key(rig: Rig, presented: string) {
  const found = rig.ingest.keys.find(presented);
  assert.ok(found);
  return found;
}

const send = (rig: Rig, body: unknown, presented: string = KEYS.bulk) =>
  rig.ingest.mailSend.send(body, key(rig, presented));

const severalRecipients = (count: number) =>
  mailBody({ personalizations: Array.from({ length: count }, (_, i) => ({ to: [{ email: `r${i}@example.org` }] })) });

/** A gate an append waits at. */
function gate(topic: string) {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const waiting: AnyAppendBatch[] = [];
  const hold = async (batches: readonly AnyAppendBatch[]) => {
    const held = batches.find((batch) => batch.topic === topic);
    if (held === undefined) return;
    waiting.push(held);
    await opened;
  };
  return { open, waiting, hold };
}

describe('acceptance', () => {
  for (const [count, topic] of [
    [1, TOPICS.events],
    [2, TOPICS.submissions],
  ] as const) {
    it(`of ${count} recipient(s) answers only after the append to ${topic} is durable, with the content already stored`, async () => {
      const { open, waiting, hold } = gate(topic);
      const rig = await startIngest({ hooks: { beforeAcknowledge: hold } });
      let answered = false;
      const answer = send(rig, severalRecipients(count)).then((result) => {
        answered = true;
        return result;
      });
      await until(() => waiting.length === 1);
      assert.equal(answered, false);
      // Body and recipients, and for several a manifest.
      assert.equal(rig.contentData.blobs.size, count === 1 ? 2 : 3);
      open();
      assert.equal((await answer).status, 202);
      await rig.stop();
    });

    it(`of ${count} recipient(s) answers 503 when the append fails, and logs it without the address`, async () => {
      const fail = (batch: AnyAppendBatch) => {
        if (batch.topic === topic) throw new Error('disk full');
      };
      const rig = await startIngest({ hooks: { beforeStore: fail } });
      const answer = await send(rig, severalRecipients(count));
      assert.equal(answer.status, 503);
      assert.equal(answer.messageId, undefined);
      assert.deepEqual(rig.logged, [{ event: 'acceptance_failed' }]);
      assert.deepEqual(rig.processed(), []);
      await rig.stop();
    });
  }

  it('answers 503 and appends nothing when the content cannot be stored', async () => {
    const content = { put: () => Promise.reject(new Error('disk full')), get: () => Promise.reject(new Error('none')) };
    const rig = await startIngest({ content });
    assert.equal((await send(rig, mailBody())).status, 503);
    assert.deepEqual(rig.processed(), []);
    await rig.stop();
  });

  it('is refused while no policy is known, and after the service stopped', async () => {
    const rig = await startIngest({ withoutPolicy: true });
    assert.equal((await send(rig, mailBody())).status, 503);
    await rig.stop();
    const stopped = await startIngest();
    await stopped.stop();
    assert.equal((await send(stopped, mailBody())).status, 503);
    assert.deepEqual(stopped.processed(), []);
  });

  it('lets what was begun finish before the service has stopped', async () => {
    const { open, waiting, hold } = gate(TOPICS.events);
    const rig = await startIngest({ hooks: { beforeAcknowledge: hold } });
    const answer = send(rig, mailBody());
    await until(() => waiting.length === 1);
    let stopped = false;
    const stopping = rig.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stopped, false);
    open();
    assert.equal((await answer).status, 202);
    await stopping;
  });

  it('writes one processed fact for one recipient, with a keyed hash in place of the address', async () => {
    const rig = await startIngest();
    const answer = await send(rig, mailBody({ personalizations: [{ to: [{ email: 'Ann@EXAMPLE.org' }] }] }));
    const [fact, ...others] = rig.processed();
    assert.deepEqual(others, []);
    assert.equal(fact?.messageId, answer.messageId);
    assert.equal(fact?.body.domain, 'example.org');
    assert.equal(fact?.body.expanded, false);
    assert.doesNotMatch(JSON.stringify(fact), /ann/i);
    assert.equal(fact && rig.recipient(fact).address, 'Ann@example.org');
    assert.equal(fact?.body.recipientHash, new RecipientHasher(new Uint8Array(32).fill(7)).hash('ann@example.org').hex);
    assert.match(fact?.body.recipientHash ?? '', /^[0-9a-f]{32}$/);
    assert.ok(fact && fact.body.size >= rig.message(fact).length);
    await rig.stop();
  });

  it('chooses the partition by the keyed hash within the class of the key, and says it in id and envelope', async () => {
    for (const trafficClass of ['bulk', 'transactional'] as const) {
      const rig = await startIngest();
      for (let i = 0; i < 50; i++) {
        await send(rig, mailBody({ personalizations: [{ to: [{ email: `r${i}@example.org` }] }] }), KEYS[trafficClass]);
      }
      const { first, count } = classPartitions(4, trafficClass);
      const facts = rig.processed();
      assert.equal(facts.length, 50);
      for (const fact of facts) {
        const { leading } = new RecipientHasher(new Uint8Array(32).fill(7)).hash(rig.recipient(fact).address);
        assert.equal(fact.partition, choosePartition(leading, 4, trafficClass));
        assert.ok(fact.partition >= first && fact.partition < first + count);
        assert.equal(parseDeliveryId(fact.deliveryId ?? '')?.partition, fact.partition);
        assert.equal(fact.body.class, trafficClass);
      }
      assert.equal(new Set(facts.map(({ partition }) => partition)).size, count);
      await rig.stop();
    }
  });

  it('takes its times from a clock that does not jump, but for the Date that people read', async () => {
    let wall = NOW;
    const rig = await startIngest({ clock: { now: () => wall, monotonic: () => 0 } });
    wall = NOW - 100 * 3_600_000;
    await send(rig, mailBody());
    const [fact] = rig.processed();
    assert.deepEqual([fact?.at, fact?.body.acceptedAt, fact?.body.sendAt], [NOW, NOW, NOW]);
    assert.match((fact && rig.message(fact)) ?? '', /^Date: Thu, 27 Dec 2029 20:00:00 \+0000\r$/m);
    await rig.stop();
  });

  it('derives the id of a processed fact as everybody does', () => {
    for (const id of ['m.0.1', 'q7Zf3mVbTk2XhR0sYc9LAw.999.31']) {
      assert.equal(processedId(id), factId(id, 0, 'processed', ''));
    }
  });

  it('writes one received record for several recipients, whose manifest names each', async () => {
    const rig = await startIngest();
    await send(rig, severalRecipients(3));
    const received = [0, 1, 2, 3].flatMap((partition) => rig.logData.read(TOPICS.submissions, partition, 0, 10));
    assert.equal(received.length, 1);
    const record = received[0]?.record;
    assert.ok(record?.type === 'received');
    assert.equal(record.body.recipients, 3);
    assert.equal(record.body.partitionCount, 4);
    const blob = (reference: string) => rig.contentData.blobs.get(reference) ?? new Uint8Array();
    const listed = decodeManifest(blob(record.body.manifest)).flatMap((reference) => listRecipients(blob(reference)));
    assert.deepEqual(
      listed.map(({ index, address }) => [index, address]),
      [0, 1, 2].map((index) => [index, `r${index}@example.org`]),
    );
    await rig.stop();
  });
});

describe('the trace context of a message', () => {
  const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  async function traceparents(traceRatio: number, incoming: string | undefined, recipients = 1) {
    const rig = await startIngest({ traceRatio });
    await rig.ingest.mailSend.send(severalRecipients(recipients), key(rig, KEYS.bulk), { traceparent: incoming });
    await until(() => rig.processed().length === recipients);
    const found = rig.processed().map(({ traceparent }) => traceparent);
    await rig.stop();
    return found;
  }

  it('is made for the share that is sampled, one for all of its deliveries', async () => {
    assert.deepEqual(await traceparents(0, undefined), [undefined]);
    const [first, ...others] = await traceparents(1, undefined, 3);
    assert.ok(isSampled(first));
    assert.deepEqual(others, [first, first]);
  });

  it("is the caller's where the caller traces it, whatever the ratio", async () => {
    assert.deepEqual(await traceparents(0, SAMPLED, 2), [SAMPLED, SAMPLED]);
    assert.deepEqual(await traceparents(1, `${SAMPLED.slice(0, -2)}00`), [SAMPLED]);
    assert.deepEqual(await traceparents(0, 'no context'), [undefined]);
  });
});

describe('a message id', () => {
  it('has 22 URL-safe characters and does not repeat', () => {
    const random = countingRandom();
    const ids = Array.from({ length: 1000 }, () => newMessageId(random, 1_800_000_000_000));
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{22}$/);
    assert.equal(new Set(ids).size, 1000);
  });

  it('sorts after every id of an earlier millisecond', () => {
    const random = countingRandom();
    const times = [0, 1, 63, 64, 1_800_000_000_000, 1_800_000_000_001, 1_899_999_999_999, 2 ** 42 - 1];
    const ids = times.map((nowMs) => newMessageId(random, nowMs));
    assert.deepEqual([...ids].sort(), ids);
  });
});
