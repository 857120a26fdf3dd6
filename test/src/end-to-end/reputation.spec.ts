import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import { timelinesOf } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'key-of-the-reputation-story';
const OWN = 'key-of-the-tenant-alone';
const PATIENCE = { withinMs: 120_000 };
const READERS = 228;
const UNKNOWN = 12;

describe('reputation and deferrals', () => {
  let platform: Platform;
  let api: PlatformApi;
  let own: PlatformApi;

  before(async () => {
    const keys = `acme:bulk:${KEY}:operate,acme:bulk:${OWN}`;
    platform = await Platform.start({ environment: { PENSTOCK_API_KEYS: keys } });
    api = new PlatformApi(new HttpClient({ url: platform.url, key: KEY }));
    own = new PlatformApi(new HttpClient({ url: platform.url, key: OWN }));
    const readers = Array.from({ length: READERS }, (_, n) => `reader-${n}@company-${n % 5}.example`);
    const unknown = Array.from({ length: UNKNOWN }, (_, n) => `unknown-${n}@full.sandbox`);
    const messageId = await api.send({
      personalizations: [...readers, ...unknown].map((email) => ({ to: [{ email }] })),
      from: { email: 'news@sender.example' },
      subject: 'What do they think of us?',
      content: [{ type: 'text/plain', value: 'Let us see.' }],
    });
    await timelinesOf(api, messageId, isSettled, PATIENCE);
  });
  after(() => platform.stop());

  it('rates the tenant by what became of 240 recipients, 5 % of whom do not exist, and sources by their share', async () => {
    const { reputations } = await api.reputations(new URLSearchParams());
    const tenants = reputations.filter(({ subject }) => subject === 'tenant');
    const sources = reputations.filter(({ subject }) => subject === 'source');
    assert.deepEqual(
      tenants.map(({ name, outcomes, rates, score, grade }) => [name, outcomes, rates.bounces, score, grade]),
      [['acme', READERS + UNKNOWN, 0.05, 85, 'good']],
    );
    assert.equal(
      sources.reduce((sum, { outcomes }) => sum + outcomes, 0),
      READERS + UNKNOWN,
    );
    const mine = await own.reputations(new URLSearchParams());
    assert.deepEqual(
      mine.reputations.map(({ subject, name }) => [subject, name]),
      [['tenant', 'acme']],
    );
  });

  it('shows the attempts by the hour, to the tenant as to the operator', async () => {
    const query = new URLSearchParams({ hours: '2', by: 'provider' });
    const { totals, rows } = await own.deferrals(query);
    assert.deepEqual([totals.counts.delivered, totals.counts.bounced], [READERS, UNKNOWN]);
    assert.ok(rows.length >= 1);
    assert.deepEqual((await api.deferrals(query)).totals, totals);
  });
});
