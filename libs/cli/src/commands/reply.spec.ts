import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../command.ts';

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const complaints: string[] = [];
  const code = await runCommand(['reply', 'explain', ...args], {
    environment: {},
    print: (text) => out.push(text),
    complain: (text) => complaints.push(text),
    sleep: async () => {},
  });
  return { code, out: out.join('\n'), complaints: complaints.join('\n') };
}

test("a reply is explained by the provider's rule, with its source", async () => {
  const reply = '421 4.7.28 Gmail has detected an unusual rate of email originating from your IP address 192.0.2.1.';
  const { code, out } = await run(reply, '--provider', 'gmail', '--phase', 'final_dot');
  assert.equal(code, 0);
  assert.equal(
    out,
    `${reply} (final_dot)
  cause     throttle_rate: too much mail at once
  about     path: the sending IP address at this receiver
  so it is  deferred, and tried again until max_age
  known by  a reviewed rule of the provider, confidence 1
  rule      google-rate-of-ip: unusual rate from this IP, rate limited
  from      support.google.com/a/answer/3726730 "Gmail SMTP errors and codes", updated 2026-06-18`,
  );
});

test('without quotation marks, over several lines and as JSON it is the same reply', async () => {
  const { out } = await run('450-4.2.0 <ann@example.com>\n450 4.2.0 greylisted', 'for', '5', 'minutes', '--json');
  const { reply, verdict, comeBackMs } = JSON.parse(out);
  assert.equal(reply.text, '<…@example.com> greylisted for 5 minutes');
  assert.deepEqual([verdict.cause, verdict.scope, comeBackMs], ['greylisted', 'recipient', 300_000]);
});

test('a block of the address says that another source may take the mail', async () => {
  const { out } = await run('554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example');
  assert.match(out, /so it is {2}bounced, and not tried again; deferred instead where another source/);
});

test('what is no reply is refused, a provider without rules of its own is said', async () => {
  const none = await run('hello');
  assert.equal(none.code, 1);
  assert.match(none.complaints, /is no reply/);
  const other = await run('550 5.1.1 User unknown', '--provider', 'nobody');
  assert.match(other.complaints, /no rules of nobody's own/);
  assert.match(other.out, /user_unknown/);
});
