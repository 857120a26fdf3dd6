import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPolicy } from './parse.ts';
import type { Policy } from './policy.ts';
import { resolveShaping } from './resolve.ts';
import { matchProvider, pathOf } from './sites.ts';

function shipped(name: string): Policy {
  const text = readFileSync(new URL(`../../../../infra/policy/${name}.toml`, import.meta.url), 'utf8');
  const { policy, problems } = checkPolicy(text);
  assert.deepEqual(problems, []);
  assert.ok(policy);
  return policy;
}

test('the sandbox policy keeps every wait within the two minutes a story may take', () => {
  const policy = shipped('sandbox');
  assert.equal(policy.egress, 'sandbox');
  assert.deepEqual([...policy.sources.keys()], ['ip-1', 'ip-2']);
  assert.equal(policy.retry.maxAgeMs, 90_000);
  assert.equal(policy.retry.deferralNoticeAfterMs, 3000);
  assert.equal(policy.retry.unknownRetryMs, 10_000);
  assert.equal(policy.retry.maxSuspendMs, 20_000);
});

test('the sandbox policy recognises the sandbox providers by their MX hosts', () => {
  const policy = shipped('sandbox');
  const recognised = (domain: string, mx: string) => matchProvider(policy, { domain, mxHosts: [mx] });
  assert.equal(recognised('gmail.com', 'gmail-smtp-in.l.google.com'), 'gmail');
  assert.equal(recognised('outlook.com', 'outlook-com.olc.protection.outlook.com'), 'outlook');
  assert.equal(recognised('yahoo.com', 'mta5.am0.yahoodns.net'), 'yahoo');
  assert.equal(recognised('slow.example', 'slow.sandbox.invalid'), undefined);
  const gmail = resolveShaping(policy, { provider: 'gmail' });
  assert.equal(gmail.connectionLimit, 5);
  assert.deepEqual(gmail.maxMessageRate, { count: 50, periodMs: 1000, burst: 5 });
});

test('the smarthost policy limits connections and nothing else', () => {
  const policy = shipped('smarthost');
  const shaping = resolveShaping(policy, { smarthost: true });
  assert.equal(shaping.connectionLimit, 32);
  assert.equal(shaping.maxMessageRate, undefined);
  assert.equal(shaping.maxConnectionRate, undefined);
});

test('the internet policy says what the design says where it repeats a shipped default', () => {
  const policy = shipped('default');
  const { policy: bare } = checkPolicy('');
  assert.deepEqual(policy.retry, bare?.retry);
  assert.deepEqual(policy.dispatch, bare?.dispatch);
  assert.deepEqual(policy.shaping, bare?.shaping);
});

test('the internet policy tells consumer Outlook from Microsoft 365', () => {
  const policy = shipped('default');
  const recognised = (mx: string) => matchProvider(policy, { domain: 'any.example', mxHosts: [mx] });
  assert.equal(recognised('outlook-com.olc.protection.outlook.com'), 'outlook');
  assert.equal(recognised('contoso-com.mail.protection.outlook.com'), 'office365');
  assert.equal(resolveShaping(policy, { provider: 'gmail' }).connectionLimit, 5);
});

test('the internet policy has the twenty-two providers, and a source beside each of their values', () => {
  const text = readFileSync(new URL('../../../../infra/policy/default.toml', import.meta.url), 'utf8');
  const { providers } = shipped('default');
  assert.equal(providers.length, 22);
  const [shaping = ''] = text.split('# Your sending addresses.');
  const values = shaping.split('\n').filter((line) => /^(\["default"\]|[a-z_]+ = | {2}\{)/.test(line));
  const unsourced = values.filter((line) => !/ # /.test(line) && !/^(\[|egress|default_pool|match = \[$)/.test(line));
  assert.deepEqual(unsourced, []);
});

test('the internet policy keeps the regions of Mimecast apart, and other providers on one path', () => {
  const policy = shipped('default');
  const path = (provider: string, site: string) => pathOf('ip-1', { provider, site }, policy);
  assert.equal(path('mimecast', 'eu.mimecast.com'), 'ip-1|provider:mimecast|site:eu.mimecast.com');
  assert.equal(path('office365', 'contoso'), 'ip-1|provider:office365');
  assert.equal(resolveShaping(policy, { provider: 'mimecast', site: 'eu.mimecast.com' }).connectionLimit, 10);
});
