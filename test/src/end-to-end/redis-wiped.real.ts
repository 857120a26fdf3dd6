/**
 * The four services apart over a Kafka and a Redis of their own; the budgets of one domain lie in that Redis, which is
 * wiped and killed under way. The receiver counts.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HttpClient, isSettled, PlatformApi } from '@penstock/cli';
import { type Stack, startStack } from '@penstock/local-stack';
import { Redis } from 'ioredis';
import { until } from '../fixtures/until.ts';
import { freePorts } from './apart/free-ports.ts';
import { Services } from './apart/services.ts';
import { everyoneReady } from './apart/waiting.ts';

const KEY = 'a-key-for-a-wiped-redis';
const SANDBOX_POLICY = fileURLToPath(new URL('../../../infra/policy/sandbox.toml', import.meta.url));
const LIMITED = 'limited.example';
const FREE = 'free.example';
const MAILS = 60;
const SOURCES = 2;
/** 150 in 90 s, spread over these and the longest way from a grant to `RCPT`: 5 s, `start_within`, `attempt_max`. */
const RATE = '150/90s';
const INTERVAL_MS = (90_000 + 5_000 + 20_000 + 30_000) / 150;
/** Once as the budgets begin, once for the flush, once for the kill. */
const BURSTS = 3;
const PATIENCE = { withinMs: 180_000, everyMs: 50 } as const;

describe('four services whose Redis is wiped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-wiped-'));
  let stack: Stack;
  let services: Services;
  let redis: Redis;

  before(async () => {
    stack = await startStack({ folder: join(folder, 'stack'), basePort: 'free', only: ['kafka', 'redis'] });
    const policy = join(folder, 'policy.toml');
    writeFileSync(policy, policyText());
    services = await Services.start({
      brokers: stack.addresses.kafka,
      redisUrl: stack.addresses.redis,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      environment: { ...process.env, PENSTOCK_API_KEY: KEY, PENSTOCK_CONFIG: policy },
    });
    redis = new Redis(stack.addresses.redis);
    redis.on('error', () => {});
    await everyoneReady(services);
  });

  after(async () => {
    redis?.disconnect();
    await services?.stop();
    await stack?.down({ wipe: true });
    rmSync(folder, { recursive: true, force: true });
  });

  it('lose nothing, pass no budget by more than a burst, and go on with all other mail', async () => {
    const begun = Date.now();
    const limited = await send(services, LIMITED, MAILS);
    await until(() => arrived(services, LIMITED).length >= MAILS / 4, 'a quarter has arrived', PATIENCE);
    await redis.flushall();
    await until(() => arrived(services, LIMITED).length >= MAILS / 2, 'mail goes on after the flush', PATIENCE);

    await stack.server('redis').kill();
    const held = arrived(services, LIMITED).length;
    const free = await send(services, FREE, 20);
    await until(() => arrived(services, FREE).length === 20, 'mail without a budget needs no Redis', PATIENCE);
    assert.ok(arrived(services, LIMITED).length <= held + SOURCES * 2, 'mail with one waits for it');
    await stack.server('redis').start();

    await until(() => arrived(services, LIMITED).length >= MAILS, 'all of it arrives', PATIENCE);
    const times = arrived(services, LIMITED);
    assertWithin(times, begun);
    console.log(`${times.length} of a budget in ${Math.round((times.at(-1) ?? 0) - begun)} ms; ${held} until the kill`);
    for (const domain of [LIMITED, FREE]) {
      const recipients = mailOf(services, domain).map(({ recipient }) => recipient);
      assert.equal(new Set(recipients).size, recipients.length, `no copy of mail for ${domain}`);
    }
    const api = new PlatformApi(new HttpClient({ url: services.url('projector'), key: KEY }));
    for (const [messageId, count] of [
      [limited, MAILS],
      [free, 20],
    ] as const) {
      await until(
        async () => {
          const deliveries = await api.deliveries(messageId).catch(() => []);
          return deliveries.length === count && deliveries.every(isSettled);
        },
        'the read models, which were wiped too, tell of all of it',
        PATIENCE,
      );
    }
  });
});

function policyText(): string {
  const text = readFileSync(SANDBOX_POLICY, 'utf8').replace('max_age = "90s"', 'max_age = "10m"');
  return `${text}
[provider."limited"]
match = [{ DomainSuffix = "${LIMITED}" }]
max_message_rate = "${RATE}"
`;
}

async function send(services: Services, domain: string, count: number): Promise<string> {
  const response = await fetch(`${services.url('ingest')}/v3/mail/send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      personalizations: Array.from({ length: count }, (_, i) => ({ to: [{ email: `user-${i}@${domain}` }] })),
      from: { email: 'news@sender.example' },
      subject: 'Wiped',
      content: [{ type: 'text/plain', value: 'Hello.' }],
    }),
  });
  assert.equal(response.status, 202, await response.text());
  return response.headers.get('x-message-id') ?? '';
}

function mailOf({ sandbox }: Services, domain: string) {
  return [...sandbox.providers.values()].flatMap(({ server }) =>
    server.observations.mail.filter(({ recipient }) => recipient.endsWith(`@${domain}`)),
  );
}

/** When each arrived, ms since the epoch, in order. */
function arrived(services: Services, domain: string): readonly number[] {
  return mailOf(services, domain)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
}

/** At each moment no more has arrived than the budgets of all sources had granted since the first was asked. */
function assertWithin(times: readonly number[], begun: number): void {
  for (const [i, at] of times.entries()) {
    const most = SOURCES * (BURSTS + (at - begun) / INTERVAL_MS);
    assert.ok(i + 1 <= most, `${i + 1} after ${at - begun} ms, ${Math.floor(most)} at most`);
  }
}
