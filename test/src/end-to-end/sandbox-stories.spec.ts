import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient, isSettled, PlatformApi, type Timeline } from '@penstock/cli';
import { story, timelinesOf } from './mail-watch.ts';
import { mailboxOf } from './mailbox.ts';
import { Platform } from './platform.ts';

const KEY = 'key-of-the-sandbox-stories';
const PATIENCE = { withinMs: 60_000 };

/** The shipped policy with shorter waits, so that every story ends within seconds. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/^max_age = .*/m, 'max_age = "12s"'],
  [/^unknown_retry_interval = .*/m, 'unknown_retry_interval = "1s"'],
  [/^nxdomain_interval = .*/m, 'nxdomain_interval = "1s"'],
  [/^retry_interval = .*/m, 'retry_interval = "1s"'],
  [/^deferral_notice_after = .*/m, 'deferral_notice_after = "1s"'],
];

function shorterPolicy(): string {
  const shipped = readFileSync(new URL('../../../infra/policy/sandbox.toml', import.meta.url), 'utf8');
  return SHORTER.reduce((text, [pattern, value]) => {
    assert.match(text, pattern);
    return text.replace(pattern, value);
  }, shipped);
}

describe('the sandbox', { concurrency: true }, () => {
  let folder: string;
  let platform: Platform;
  let client: HttpClient;
  let api: PlatformApi;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'penstock-stories-'));
    writeFileSync(join(folder, 'policy.toml'), shorterPolicy());
    const environment = { PENSTOCK_API_KEY: KEY, PENSTOCK_CONFIG: join(folder, 'policy.toml') };
    platform = await Platform.start({ environment });
    client = new HttpClient({ url: platform.url, key: KEY });
    api = new PlatformApi(client);
  });
  after(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(...recipients: string[]): Promise<string> {
    return api.send({
      personalizations: recipients.map((email) => ({ to: [{ email }] })),
      from: { email: 'news@sender.example' },
      subject: 'A story',
      content: [{ type: 'text/plain', value: 'How will it end?' }],
    });
  }

  async function ending(recipient: string): Promise<Timeline> {
    const [timeline] = await timelinesOf(api, await send(recipient), isSettled, PATIENCE);
    assert.ok(timeline);
    return timeline;
  }

  it('greylists: put off by the receiver, then delivered', async () => {
    const timeline = await ending('story@yahoo.com');
    assert.equal(timeline.status, 'delivered');
    assert.match(story(timeline), /^processed released deferred\(remote\) (.*)delivered$/);
    assert.ok(timeline.facts.some(({ reply }) => reply?.enhanced === '4.7.1'));
    assert.doesNotMatch(JSON.stringify(timeline), /story@/);
  });

  it('is busy at outlook for every third newcomer, and takes it later', async () => {
    const recipients = [1, 2, 3].map((n) => `story-${n}@outlook.com`);
    const timelines = await timelinesOf(api, await send(...recipients), isSettled, PATIENCE);
    assert.deepEqual(
      timelines.map(({ status }) => status),
      ['delivered', 'delivered', 'delivered'],
    );
    const busy = timelines.filter(({ facts }) => facts.some(({ reply }) => reply?.enhanced === '4.7.500'));
    assert.equal(busy.length, 1);
  });

  it('knows no such user: bounced at once, and a full mailbox: dropped with its history', async () => {
    const unknown = await ending('unknown-1@full.sandbox');
    assert.equal(story(unknown), 'processed released bounced');
    assert.equal(unknown.facts.at(-1)?.reply?.enhanced, '5.1.1');

    const full = await ending('full-1@full.sandbox');
    assert.equal(full.status, 'dropped');
    assert.equal(full.facts.at(-1)?.cause, 'expired');
    assert.equal(full.facts.at(-1)?.lastReply?.enhanced, '4.2.2');
  });

  it('greets with 554: nobody bounces, the path rests with its reason, the mail expires', async () => {
    const recipients = Array.from({ length: 20 }, (_, n) => `story-${n}@blocked.sandbox`);
    const messageId = await send(...recipients);
    const held = await timelinesOf(api, messageId, ({ status }) => status !== 'waiting' && status !== 'open', PATIENCE);
    assert.ok(held.every(({ status }) => status === 'held' || status === 'dropped'));

    const ended = await timelinesOf(api, messageId, isSettled, PATIENCE);
    const facts = ended.flatMap((timeline) => timeline.facts);
    assert.ok(ended.every(({ status }) => status === 'dropped'));
    assert.ok(!facts.some(({ type }) => type === 'bounced'));
    assert.ok(facts.some(({ text }) => text?.includes('IPs were throttled by recipient server')));
    assert.ok(facts.some(({ type, phase, reply }) => type === 'deferred' && phase === 'banner' && reply?.code === 554));
  });

  it('drops the connection after the final dot: two repeats at most, then dropped', async () => {
    const timeline = await ending('story@dropping.sandbox');
    assert.equal(timeline.status, 'dropped');
    assert.equal(timeline.facts.at(-1)?.cause, 'outcome_unknown');
    const copies = await mailboxOf(client, 'story@dropping.sandbox');
    assert.ok(copies.length >= 1 && copies.length <= 3, `${copies.length} copies`);
    assert.equal(new Set(copies.map((copy) => copy.messageId)).size, 1);
    const repeats = timeline.facts.filter(({ type, mayDuplicate }) => type === 'released' && mayDuplicate);
    assert.equal(repeats.length, copies.length - 1);
  });

  it('does not know .invalid: bounced 5.1.2 after two answers', async () => {
    const timeline = await ending('story@nowhere.invalid');
    assert.equal(timeline.status, 'bounced');
    assert.match(JSON.stringify(timeline.facts.at(-1)), /5\.1\.2/);
    assert.match(story(timeline), /deferred\(remote\)/);
  });
});
