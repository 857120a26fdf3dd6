import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CountingSink } from '../fixtures/counting-sink.ts';
import { Platform } from './platform.ts';

const KEY = 'limits-spec-key';
const MESSAGES = 300;

function policy(port: number): string {
  return `
egress = "smarthost"
[smarthost]
host = "127.0.0.1"
port = ${port}
connection_limit = 5
max_message_rate = "50/s,max_burst=5"
[retry]
retry_interval = "1s"
`;
}

describe('limits, counted by the receiver', () => {
  const sink = new CountingSink();
  const folder = mkdtempSync(join(tmpdir(), 'penstock-limits-'));
  let environment: Record<string, string>;

  before(async () => {
    const file = join(folder, 'policy.toml');
    writeFileSync(file, policy(await sink.start()));
    environment = { PENSTOCK_CONFIG: file, PENSTOCK_API_KEY: KEY };
  });

  after(async () => {
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('never exceeds connection_limit and max_message_rate, through a crash and a restart too', async () => {
    const dataDir = join(folder, 'data');
    const crashing = await Platform.start({ environment, dataDir });
    await campaign(crashing.url);
    await sink.holds(MESSAGES / 3);
    await crashing.kill();
    const platform = await Platform.start({ environment, dataDir });
    await sink.holds(MESSAGES);
    await platform.stop();

    assert.ok(sink.mostOpen <= 5, `${sink.mostOpen} connections were open at once`);
    const most = sink.mostWithin(1_000);
    assert.ok(most <= 57, `${most} MAIL FROM within one second`);
    assert.ok(most > 25, `only ${most} MAIL FROM within the busiest second: the pace was not what limited`);
  });
});

async function campaign(url: string): Promise<void> {
  const response = await fetch(`${url}/v3/mail/send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      personalizations: Array.from({ length: MESSAGES }, (_, n) => ({ to: [{ email: `r${n}@d${n % 7}.example` }] })),
      from: { email: 'news@example.com' },
      subject: 'Limits',
      content: [{ type: 'text/plain', value: 'Fifty a second.' }],
    }),
  });
  assert.equal(response.status, 202);
}
