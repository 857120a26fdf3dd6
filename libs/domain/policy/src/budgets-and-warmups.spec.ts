import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPolicy, formatProblem, parsePolicy } from './parse.ts';
import { tenantQuota } from './tenants.ts';

const problemsOf = (text: string) => checkPolicy(text).problems.map(formatProblem).join('\n');

describe('a warm-up table', () => {
  it("is SendGrid's as published, with its days 12 and 18", () => {
    const { hourlyByDay, waitMs, days, rewarmAfterIdleDays } = parsePolicy('').warmups.get('sendgrid') ?? assert.fail();
    assert.equal(hourlyByDay.length, 42);
    assert.deepEqual([hourlyByDay[0], hourlyByDay[12], hourlyByDay[18], hourlyByDay[41]], [20, 1000, 8583, 19_601_056]);
    assert.deepEqual([waitMs, days, rewarmAfterIdleDays], [30 * 60_000, 'calendar', 30]);
  });

  it("is SES's, with its 45 days and 50,000 a day, or SparkPost's, which goes by what was sent", () => {
    const { warmups } = parsePolicy('');
    assert.deepEqual([warmups.get('ses')?.hourlyByDay.length, warmups.get('ses')?.hourlyByDay[44]], [45, 2083]);
    const sparkpost = warmups.get('sparkpost');
    assert.deepEqual([sparkpost?.hourlyByDay.length, sparkpost?.hourlyByDay[0], sparkpost?.days], [20, 8, 'sending']);
    assert.equal(sparkpost?.gated?.delivered, 0.9);
  });

  it('is an own one, by the hour or by the day, with further caps by provider', () => {
    const { warmups, sources, pools } = parsePolicy(`
      [source."ip-1"]
      warmup = "slow"
      [pool."default"]
      sources = ["ip-1"]
      shared_warmup_pool = "shared"
      shared_warmup_reputation = 90
      [pool."shared"]
      sources = ["ip-1"]
      [warmup."slow"]
      daily = [240, 2400]
      warmup_wait = "10m"
      days = "sending"
      [warmup."slow".gate]
      deferral_rate = 0.2
      set_back_days = 5
      [warmup."slow".provider."gmail"]
      hourly = [2, 4]
      [warmup."careful"]
      preset = "sendgrid"
      gate = true
    `);
    const slow = warmups.get('slow');
    assert.deepEqual([slow?.preset, slow?.hourlyByDay, slow?.waitMs], ['own', [10, 100], 600_000]);
    assert.deepEqual(slow?.gated, { delivered: 0.9, deferralRate: 0.2, bounceRate: 0.05, setBackDays: 5 });
    assert.deepEqual(slow?.perProvider.get('gmail'), [2, 4]);
    const careful = warmups.get('careful');
    assert.deepEqual([careful?.preset, careful?.hourlyByDay.length, careful?.gated?.setBackDays], ['sendgrid', 42, 3]);
    assert.equal(sources.get('ip-1')?.warmup, 'slow');
    const { sharedWarmupPool, sharedWarmupReputation } = pools.get('default') ?? assert.fail();
    assert.deepEqual([sharedWarmupPool, sharedWarmupReputation], ['shared', 90]);
  });

  it('is refused where it says nothing, or is named and not there', () => {
    assert.match(problemsOf('[warmup."x"]\ndays = "calendar"'), /warmup\.x\.hourly: missing: write hourly = \[20/);
    assert.match(problemsOf('[warmup."x"]\nhourly = [20, 0]'), /0 is not a whole number from 1/);
    assert.match(
      problemsOf('[source."a"]\nwarmup = "x"'),
      /source\.a\.warmup: there is no warmup "x"; there is sendgrid/,
    );
    assert.match(problemsOf('[pool."default"]\nsources=["local"]\nshared_warmup_pool = "x"'), /there is no pool "x"/);
  });
});

describe('limits by name', () => {
  it('count over what they name, together or each for itself', () => {
    const { limits } = parsePolicy(`
      [source."a"]
      partition = 0
      [source."b"]
      partition = 1
      [provider."gmail"]
      match = []
      [limit."gmail-day"]
      rate = "50000/day"
      providers = "gmail"
      sources = ["a", "b"]
      [limit."mailbox"]
      rate = "20/hour"
      per = "recipient"
      classes = ["bulk"]
    `);
    assert.deepEqual(limits, [
      {
        name: 'gmail-day',
        rate: { count: 50_000, periodMs: 86_400_000, burst: 1 },
        per: 'all',
        providers: ['gmail'],
        sources: ['a', 'b'],
      },
      { name: 'mailbox', rate: { count: 20, periodMs: 3_600_000, burst: 1 }, per: 'recipient', classes: ['bulk'] },
    ]);
  });

  it('are refused where they name nobody, or nothing to count', () => {
    assert.match(problemsOf('[limit."x"]\nsources = ["z"]'), /limit\.x\.rate: missing.*\n.*there is no source "z"/);
    assert.match(problemsOf('[limit."x"]\nrate = "1/h"\nsources = []'), /an empty list takes in no source/);
  });
});

describe('what a tenant may send', () => {
  const { tenants } = parsePolicy(`
    [tenant]
    tier = "sandbox"
    [tenant."acme"]
    tier = "grown"
    max_message_rate = "5/s"
    [tier."sandbox"]
    raise = { to = "grown", after_days = 3 }
    [tier."grown"]
    daily_limit = 50000
    max_message_rate = "14/s"
  `);

  it("is what its own block says, then everyone's, then its tier's", () => {
    assert.deepEqual(tenantQuota(tenants, 'acme'), {
      dailyLimit: 50_000,
      maxMessageRate: { count: 5, periodMs: 1000, burst: 1 },
      verifiedRecipientsOnly: false,
    });
    assert.deepEqual(tenantQuota(tenants, 'somebody'), {
      dailyLimit: 200,
      maxMessageRate: { count: 1, periodMs: 1000, burst: 1 },
      verifiedRecipientsOnly: true,
    });
  });

  it('is raised by good conduct, as its tier says', () => {
    assert.deepEqual(tenants.tiers.get('sandbox')?.raise, {
      to: 'grown',
      afterDays: 3,
      afterDelivered: 1000,
      bounceRate: 0.05,
      complaintRate: 0.001,
    });
  });

  it('is without limit where nothing is said', () => {
    assert.deepEqual(tenantQuota(parsePolicy('').tenants, 'acme'), { verifiedRecipientsOnly: false });
  });

  it('is kept, and named where nothing counts it', () => {
    const { keys } = checkPolicy(
      '[tenant]\ndaily_limit = 5\n[limit."a"]\nrate = "5/h"\nper = "recipient"\ntenants = "t"',
    );
    assert.deepEqual(keys.warned, ['tenant.daily_limit', 'limit.a.per', 'limit.a.tenants']);
  });

  it('names a tier that is not there', () => {
    assert.match(problemsOf('[tenant]\ntier = "gold"'), /tenant\.tier: there is no tier "gold"; there is sandbox/);
    assert.match(problemsOf('[tier."a"]\nraise = { after_days = 1 }'), /tier\.a\.raise\.to: missing/);
    assert.match(problemsOf('[tenant]\ndaily = 5'), /warning: line 2: tenant\.daily: unknown key/);
  });
});

describe('waits between attempts', () => {
  it('are a list, the last one for ever, or grow by a factor', () => {
    const { retry } = parsePolicy('[retry]\nretry_schedule = ["1m", "5m*2", "1h"]');
    assert.deepEqual(retry.retryScheduleMs, [60_000, 300_000, 300_000, 3_600_000]);
    assert.deepEqual(
      parsePolicy('[retry]\nretry_schedule = "1m, 5m*2"').retry.retryScheduleMs,
      [60_000, 300_000, 300_000],
    );
    assert.equal(parsePolicy('[retry]\nretry_factor = 1.5').retry.retryFactor, 1.5);
  });

  it('are refused where a wait is none', () => {
    for (const wrong of ['["soon"]', '[]', '["1m*0"]', '["1m*2*2"]', '["1m*5000"]', '3'])
      assert.match(problemsOf(`[retry]\nretry_schedule = ${wrong}`), /retry\.retry_schedule: /, wrong);
    assert.match(problemsOf('[retry]\nretry_factor = 0.5'), /0\.5 is not a number from 1 to 100/);
    assert.match(problemsOf('[retry]\nretry_factor = 2\nretry_schedule = ["1m"]'), /warning.*has no effect beside/);
  });
});

it('classes keep their weight, though nothing weighs them yet', () => {
  const { policy, keys } = checkPolicy('[class."bulk"]\nweight = 2\n[class."urgent"]\nweight = 9');
  assert.equal(policy?.classes.bulk.weight, 2);
  assert.equal(policy?.classes.transactional.weight, 4);
  assert.deepEqual(keys.warned, ['class.bulk.weight', 'class.urgent']);
});
