import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData, MemoryStateStore } from '@penstock/adapter-memory';
import type { DirectoryRecord, Fact, WebhookEventName } from '@penstock/events';
import { WEBHOOK_EVENTS } from '@penstock/events';
import { encodeRecipient } from '@penstock/mail';
import type { Membership, WebhookAnswer, WebhookPost } from '@penstock/ports';
import { deriveKey, seal } from '@penstock/sealing';
import { DeliveryFacts, ManualTime, MINUTE, START } from '../rig.spec.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

const SECRET = new Uint8Array(32).fill(9);
const HOUR = 60 * MINUTE;

interface Told {
  readonly event: string;
  readonly sg_event_id: string;
  readonly sg_message_id: string;
  readonly email?: string;
  readonly recipient_hash?: string;
}

/** The reactor on memory adapters, which outlive it, and addresses that answer as they are told. */
class Rig {
  readonly time = new ManualTime();
  readonly content = new MemoryContentStore();
  readonly state = new MemoryStateStore();
  readonly data = new MemoryLogData();
  log = new MemoryEventLog(this.data);
  readonly posts: { readonly url: string; readonly events: readonly Told[]; readonly bytes: number }[] = [];
  /** By URL; 200 where there is none. A promise is one that keeps us waiting. */
  readonly answers = new Map<string, WebhookAnswer | Promise<WebhookAnswer>>();
  readonly keys: string[] = [];
  reactor: Webhooks = this.create();
  private members: Membership[] = [];

  async start(): Promise<void> {
    await this.reactor.start();
    for (const consumer of this.reactor.consumers) {
      if (consumer.topic === 'mail.directory') this.members.push(await this.log.join(consumer));
      if (consumer.topic === 'mail.events') this.members.push(await this.log.join(consumer));
    }
    await this.turns();
  }

  /** The process is killed: nothing it still does reaches the log or an address. */
  async restart(): Promise<void> {
    this.log.disconnect();
    this.time.forget();
    this.members = [];
    this.log = new MemoryEventLog(this.data);
    this.reactor = this.create();
    await this.start();
  }

  async stop(): Promise<void> {
    for (const member of this.members) await member.leave();
    const stopping = this.reactor.stop();
    await this.turns();
    await stopping;
  }

  async set(tenant: string, url: string, events: readonly WebhookEventName[] = WEBHOOK_EVENTS): Promise<void> {
    const privateKey = new TextEncoder().encode(`key of ${tenant}`);
    const sealedPrivateKey = seal(deriveKey(SECRET, 'webhook-keys'), privateKey, tenant, new Uint8Array(12));
    await this.directory({
      ...this.about(`set ${url}`),
      type: 'webhook_set',
      body: { tenant, url, events, publicKey: 'cHVibGlj', sealedPrivateKey },
    });
  }

  async remove(tenant: string): Promise<void> {
    await this.directory({ ...this.about('removed'), type: 'webhook_removed', body: { tenant } });
  }

  async append(...facts: readonly Fact[]): Promise<void> {
    for (const fact of facts) {
      await this.log.append([{ topic: 'mail.events', partition: fact.partition, records: [fact] }]);
    }
    await this.turns();
  }

  /** Facts of a delivery whose content is there. */
  async accepted(messageId: string, tenant = 'acme'): Promise<{ facts: DeliveryFacts; processed: Fact }> {
    const facts = new DeliveryFacts(messageId, 0, 0, tenant);
    const address = `${messageId}@example.org`;
    const blob = encodeRecipient({ mailFrom: '', address, head: '', eightBit: false, smtpUtf8: false });
    const [recipient = ''] = await this.content.put([blob]);
    const processed = facts.processed(this.time.now());
    assert.ok(processed.type === 'processed');
    return {
      facts,
      processed: { ...processed, body: { ...processed.body, content: { body: 'b', recipient } } },
    };
  }

  /** Lets time pass, and everything that was due by then happen. */
  async pass(ms: number, steps = 1): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.time.advance(ms / steps);
      await this.turns();
    }
  }

  to(url: string): readonly (readonly string[])[] {
    return this.posts
      .filter((post) => post.url === url)
      .map(({ events }) => events.map(({ event, sg_message_id }) => `${event} ${sg_message_id.split('.')[0]}`));
  }

  async turns(): Promise<void> {
    for (let turn = 0; turn < 300; turn++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 300; turn++) await Promise.resolve();
  }

  async dead() {
    return this.log.read('mail.dead', 0, 0, 100);
  }

  private about(id: string) {
    return { id: `${id} ${this.time.now()}`, version: 1, at: this.time.now(), partition: 0 } as const;
  }

  private async directory(record: DirectoryRecord): Promise<void> {
    await this.log.append([{ topic: 'mail.directory', partition: 0, records: [record] }]);
    await this.turns();
  }

  private create(): Webhooks {
    const { time, content, state, log } = this;
    return createWebhooks({
      log,
      content,
      state,
      clock: time,
      timers: time,
      random: { next: () => 1, bytes: (length) => new Uint8Array(length) },
      telemetry: { log: () => undefined },
      sender: { post: (post) => this.post(log, post) },
      secretKey: SECRET,
      owner: 'test',
    });
  }

  private async post(from: MemoryEventLog, { url, body, privateKey }: WebhookPost): Promise<WebhookAnswer> {
    if (from !== this.log) return new Promise(() => undefined);
    const text = new TextDecoder().decode(body);
    this.keys.push(new TextDecoder().decode(privateKey));
    this.posts.push({ url, events: JSON.parse(text) as Told[], bytes: body.length });
    return this.answers.get(url) ?? { kind: 'answered', status: 200 };
  }
}

const URL_A = 'https://a.example/hook';
const URL_B = 'https://b.example/hook';
const down: WebhookAnswer = { kind: 'failed', reason: 'unreachable', detail: 'nobody there' };

async function given(body: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig();
  await rig.start();
  await body(rig);
  await rig.stop();
}

describe('the webhook reactor', () => {
  it('posts what becomes of a tenant’s mail together, in order, with the address from the content', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      const [one, two, other] = [
        await rig.accepted('m1'),
        await rig.accepted('m2'),
        await rig.accepted('m3', 'globex'),
      ];
      await rig.append(
        one.processed,
        two.processed,
        other.processed,
        one.facts.released(1, START),
        one.facts.delivered(1, START),
      );
      assert.equal(rig.posts.length, 0);
      await rig.pass(1_000);
      assert.deepEqual(rig.to(URL_A), [['processed m1', 'processed m2', 'delivered m1']]);
      assert.deepEqual(
        rig.posts[0]?.events.map(({ email }) => email),
        ['m1@example.org', 'm2@example.org', 'm1@example.org'],
      );
      assert.deepEqual(rig.keys, ['key of acme']);
    }));

  it('posts only the events that are wanted, and still knows the address of those', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A, ['delivered']);
      const { facts, processed } = await rig.accepted('m1');
      await rig.append(processed);
      await rig.pass(1_000);
      await rig.restart();
      await rig.append(facts.released(1, START), facts.delivered(1, START));
      await rig.pass(1_000);
      assert.deepEqual(rig.to(URL_A), [['delivered m1']]);
      assert.equal(rig.posts[0]?.events[0]?.email, 'm1@example.org');
    }));

  it('sends the hash of the recipient where the content is gone', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      await rig.append(new DeliveryFacts('m1').processed());
      await rig.pass(1_000);
      const [event] = rig.posts[0]?.events ?? [];
      assert.deepEqual([event?.email, event?.recipient_hash], [undefined, 'hash-of-the-recipient']);
    }));

  it('tries again what was not taken, with the same ids over retries and restarts, and then goes on', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      rig.answers.set(URL_A, { kind: 'answered', status: 302 });
      const { facts, processed } = await rig.accepted('m1');
      await rig.append(processed);
      await rig.pass(8_000, 8);
      const tries = rig.posts.length;
      assert.ok(tries >= 3, `${tries} tries`);
      await rig.restart();
      await rig.append(facts.released(1, START), facts.delivered(1, START));
      rig.answers.delete(URL_A);
      await rig.pass(1_000);
      const last = rig.posts.at(-1)?.events ?? [];
      assert.deepEqual(rig.to(URL_A).at(-1), ['processed m1', 'delivered m1']);
      assert.equal(new Set(rig.posts.map(({ events }) => events[0]?.sg_event_id)).size, 1);
      await rig.restart();
      await rig.pass(HOUR, 4);
      assert.equal(rig.posts.at(-1)?.events, last, 'what was taken is not posted again');
      assert.equal(rig.reactor.figures[0]?.failed, 0);
    }));

  it('keeps nobody waiting for an address that does not answer', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      await rig.set('globex', URL_B);
      let answer: (answer: WebhookAnswer) => void = () => undefined;
      rig.answers.set(URL_A, new Promise((resolve) => (answer = resolve)));
      const [one, two] = [await rig.accepted('m1'), await rig.accepted('m2', 'globex')];
      await rig.append(one.processed, two.processed);
      await rig.pass(1_000);
      await rig.append(one.facts.released(1, START), two.facts.delivered(1, START));
      await rig.pass(1_000);
      assert.deepEqual(rig.to(URL_B), [['processed m2'], ['delivered m2']]);
      assert.deepEqual(rig.to(URL_A), [['processed m1']]);
      assert.equal(rig.reactor.figures.find(({ tenant }) => tenant === 'acme')?.oldestAt, one.processed.at);
      answer({ kind: 'answered', status: 200 });
      await rig.turns();
      assert.ok(rig.reactor.figures.every(({ oldestAt }) => oldestAt === undefined));
    }));

  it('gives up after a day, says so in mail.dead, and goes on with what is younger', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      rig.answers.set(URL_A, down);
      const old = await rig.accepted('m1');
      await rig.append(old.processed);
      await rig.pass(23 * HOUR, 200);
      assert.equal((await rig.dead()).length, 0);
      const young = await rig.accepted('m2');
      await rig.append(young.processed);
      await rig.pass(2 * HOUR, 40);
      const [dead, ...more] = await rig.dead();
      assert.deepEqual(more, []);
      assert.deepEqual(dead?.record.body.offset, 0);
      assert.equal(rig.reactor.figures[0]?.dead, 1);
      rig.answers.delete(URL_A);
      await rig.pass(HOUR, 4);
      assert.deepEqual(rig.to(URL_A).at(-1), ['processed m2']);
    }));

  it('begins with what is later than the endpoint, and forgets one that is removed', () =>
    given(async (rig) => {
      const early = await rig.accepted('m1');
      await rig.append(early.processed);
      await rig.pass(1_000);
      await rig.set('acme', URL_A);
      const later = await rig.accepted('m2');
      await rig.append(later.processed);
      await rig.pass(1_000);
      await rig.remove('acme');
      await rig.pass(1_000);
      await rig.append((await rig.accepted('m3')).processed);
      await rig.pass(5_000, 5);
      await rig.set('acme', URL_B);
      await rig.append((await rig.accepted('m4')).processed);
      await rig.pass(2_000, 2);
      assert.deepEqual(rig.to(URL_A), [['processed m2']]);
      assert.deepEqual(rig.to(URL_B), [['processed m4']]);
    }));

  it('posts at once to another address that is set while the former one is tried', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      rig.answers.set(URL_A, down);
      await rig.append((await rig.accepted('m1')).processed);
      await rig.pass(HOUR, 20);
      await rig.set('acme', URL_B);
      assert.deepEqual(rig.to(URL_B), [['processed m1']]);
    }));

  it('posts a thousand events at a time at most, none twice and in order', () =>
    given(async (rig) => {
      await rig.set('acme', URL_A);
      const facts: Fact[] = [];
      for (let n = 0; n < 2_300; n++) facts.push(new DeliveryFacts(`m${n}`).processed());
      await rig.log.append([{ topic: 'mail.events', partition: 0, records: facts }]);
      for (let n = 0; n < 40; n++) await rig.pass(1_000);
      assert.deepEqual(
        rig.posts.map(({ events }) => events.length),
        [1_000, 1_000, 300],
      );
      assert.ok(rig.posts.every(({ bytes }) => bytes <= 768 * 1024));
      assert.deepEqual(
        rig.to(URL_A).flat(),
        facts.map(({ messageId }) => `processed ${messageId}`),
      );
    }));
});
