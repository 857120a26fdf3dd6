import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './parse.ts';
import { matchProvider, parsePath, pathOf, SMARTHOST_SITE, siteOf } from './sites.ts';

test('domains with the same most preferred hosts are one site, whatever order and case DNS answers in', () => {
  const site = siteOf('a.example', [
    { name: 'MX2.example.net.', preference: 10 },
    { name: 'mx1.example.net', preference: 10 },
    { name: 'backup.example.net', preference: 20 },
  ]);
  assert.equal(site, 'mx1.example.net,mx2.example.net');
});

test('a domain whose MX is not known is its own site', () => {
  assert.equal(siteOf('A.example.'), 'a.example');
});

test('a path is of the provider where it is recognised, else of the site', () => {
  assert.equal(pathOf('ip-1', { provider: 'gmail', site: 'x' }), 'ip-1|provider:gmail');
  assert.equal(pathOf('ip-1', { site: SMARTHOST_SITE }), 'ip-1|site:smarthost');
  assert.deepEqual(parsePath('ip-1|provider:gmail'), { source: 'ip-1', provider: 'gmail' });
  assert.deepEqual(parsePath('ip-1|site:a,b'), { source: 'ip-1', site: 'a,b' });
});

const policy = parsePolicy(`
  [provider."exact"]
  match = [{ HostName = "mx.exact.example" }]
  [provider."gmail"]
  match = [{ MXSuffix = ".google.com" }, { MXSuffix = "googlemail.com" }]
  [provider."cable"]
  match = [{ DomainSuffix = "cable.example" }]
`);
const recognised = (domain: string, ...mxHosts: string[]) => matchProvider(policy, { domain, mxHosts });

test('every MX host must match one of the rules, not just some', () => {
  assert.equal(recognised('a.example', 'aspmx.l.google.com', 'ALT1.googlemail.com.'), 'gmail');
  assert.equal(recognised('a.example', 'aspmx.l.google.com', 'mx.elsewhere.example'), undefined);
});

test('a suffix matches whole labels only', () => {
  assert.equal(recognised('a.example', 'notgoogle.com'), undefined);
  assert.equal(recognised('a.example', 'evilgooglemail.com'), undefined);
  assert.equal(recognised('a.example', 'googlemail.com'), 'gmail');
});

test('a domain suffix needs no DNS', () => {
  assert.equal(recognised('cable.example'), 'cable');
  assert.equal(recognised('sub.cable.example', 'anything.example'), 'cable');
  assert.equal(recognised('notcable.example'), undefined);
});

test('a domain without known hosts is no provider recognised by hosts', () => {
  assert.equal(recognised('gmail.com'), undefined);
  assert.equal(recognised('a.example', 'mx.exact.example'), 'exact');
});
