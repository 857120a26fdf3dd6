import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from './parse.ts';
import { matchProvider, parsePath, pathOf, SMARTHOST_SITE, siteName, siteOf } from './sites.ts';

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

test('a site that a domain block speaks of is called after it, and is a path of its own at any provider', () => {
  const blocks = parsePolicy(`
    [provider."gmail"]
    match = [{ MXSuffix = ".google.com" }]
    [provider."regions"]
    match = [{ MXSuffix = ".regions.example" }]
    paths = "per_site"
    ["all.example"]
    ["one.example"]
    mx_rollup = false
  `);
  assert.equal(siteName(blocks, 'All.example.', 'mx.a', undefined), 'all.example');
  assert.equal(siteName(blocks, 'other.example', 'mx.a', 'all.example'), 'all.example');
  assert.equal(siteName(blocks, 'one.example', 'mx.a', 'all.example'), 'all.example>one.example');
  assert.equal(siteName(blocks, 'one.example', 'mx.b', undefined), 'one.example');
  assert.equal(siteName(blocks, 'other.example', 'mx.b', undefined), 'mx.b');
  const path = (provider: string, site: string) => pathOf('ip-1', { provider, site }, blocks);
  assert.equal(path('gmail', 'mx.a'), 'ip-1|provider:gmail');
  assert.equal(path('gmail', 'one.example'), 'ip-1|provider:gmail|site:one.example');
  assert.equal(path('regions', 'mx.eu'), 'ip-1|provider:regions|site:mx.eu');
  assert.deepEqual(parsePath(path('regions', 'mx.eu')), { source: 'ip-1', provider: 'regions', site: 'mx.eu' });
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
