/** A community file in KumoMTA's syntax, resolved in the order its documentation states. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainShaping } from './explain.ts';
import { checkPolicy, parsePolicy } from './parse.ts';
import { pathShaping, resolveShaping, type ShapingTarget } from './resolve.ts';

const FILE = `
["default"]
connection_limit = 12
max_connection_rate = "90/min"
max_deliveries_per_connection = 110
max_message_rate = "80/s"
idle_timeout = "50s"
[["default".automation]]
regex = ['''\\d+ temporarily deferred''', "slow down"]
action = [{SetConfig={name="max_message_rate", value="1/minute"}}, {SetConfig={name="connection_limit", value=1}}]
duration = "90m"
[["default".automation]]
regex = "failed to connect"
action = {SetDomainConfig={name="enable_tls", value="Disabled"}}
duration = "30 days"
match_internal = true

[provider."big"]
match = [{MXSuffix=".big.example"}, {MXSuffix=".bigmail.example"}]
provider_connection_limit = 6
max_deliveries_per_connection = 40
enable_tls = "Required"
[provider."big".sources."ip-1"]
max_deliveries_per_connection = 10
provider_connection_limit = 2
[[provider."big".automation]]
regex = "\\\\[B04\\\\]"
trigger = {Threshold="2/hr"}
action = "Suspend"
duration = "2 hours"

[provider."regions"]
match = [{MXSuffix=".regions.example"}]
connection_limit = 9
paths = "per_site"

["first.example"]
max_deliveries_per_connection = 20
connection_limit = 4
["first.example".sources."ip-1"]
connection_limit = 3

["alone.example"]
mx_rollup = false
max_deliveries_per_connection = 50
["alone.example".sources."ip-1"]
max_deliveries_per_connection = 5

["free.example"]
replace_base = true
connection_limit = 30
`;

const policy = parsePolicy(FILE);
const of = (target: ShapingTarget) => resolveShaping(policy, target);

describe('a community file', () => {
  it('is the base with its default block, for whoever no other block speaks of', () => {
    const shaping = of({ source: 'ip-1', site: 'mx.other.example' });
    assert.equal(shaping.connectionLimit, 12);
    assert.equal(shaping.maxDeliveriesPerConnection, 110);
    assert.equal(shaping.idleTimeoutMs, 50_000);
  });

  it('has its provider blocks over the default, and those of the source over them', () => {
    const any = of({ provider: 'big', source: 'ip-2' });
    assert.deepEqual([any.connectionLimit, any.maxDeliveriesPerConnection, any.enableTls], [6, 40, 'Required']);
    const own = of({ provider: 'big', source: 'ip-1' });
    assert.deepEqual([own.connectionLimit, own.maxDeliveriesPerConnection, own.enableTls], [2, 10, 'Required']);
  });

  it('has domain blocks over the provider, and their sources over all', () => {
    const any = of({ provider: 'big', site: 'first.example', source: 'ip-2' });
    assert.deepEqual([any.connectionLimit, any.maxDeliveriesPerConnection, any.enableTls], [4, 20, 'Required']);
    assert.equal(of({ provider: 'big', site: 'first.example', source: 'ip-1' }).connectionLimit, 2);
    assert.equal(of({ site: 'first.example', source: 'ip-1' }).connectionLimit, 3);
  });

  it("has the block of the hosts under the domain's own, and both under those of the source", () => {
    const site = 'first.example>alone.example';
    const any = of({ site, source: 'ip-2' });
    assert.deepEqual([any.connectionLimit, any.maxDeliveriesPerConnection], [4, 50]);
    const own = of({ site, source: 'ip-1' });
    assert.deepEqual([own.connectionLimit, own.maxDeliveriesPerConnection], [3, 5]);
  });

  it('forgets all that was said before where a block replaces its base, rate limits above all', () => {
    const shaping = of({ site: 'free.example' });
    assert.equal(shaping.connectionLimit, 30);
    assert.equal(shaping.maxMessageRate, undefined);
    assert.equal(shaping.maxConnectionRate, undefined);
    assert.equal(shaping.maxDeliveriesPerConnection, 100);
    assert.equal(explainShaping(policy, { site: 'free.example' })[1]?.from, 'shipped');
  });

  it('gives each path its limits by its key alone', () => {
    assert.equal(pathShaping(policy, 'ip-1|provider:big').maxDeliveriesPerConnection, 10);
    assert.equal(pathShaping(policy, 'ip-2|provider:regions|site:eu.regions.example').connectionLimit, 9);
    assert.equal(pathShaping(policy, 'ip-1|site:first.example>alone.example').maxDeliveriesPerConnection, 5);
  });

  it('names the block of each value', () => {
    const target = { provider: 'big', site: 'first.example', source: 'ip-1' };
    const from = Object.fromEntries(explainShaping(policy, target).map((value) => [value.key, value.from]));
    assert.equal(from.connection_limit, 'provider.big.sources.ip-1');
    assert.equal(from.max_deliveries_per_connection, 'first.example');
    assert.equal(from.enable_tls, 'provider.big');
    assert.equal(from.idle_timeout, 'default');
    assert.equal(from.connect_timeout, 'shipped');
  });

  it('keeps its automation, in the form of the policy', () => {
    const [deferred, unreachable] = policy.automation ?? [];
    assert.deepEqual(deferred, {
      regex: ['\\d+ temporarily deferred', 'slow down'],
      actions: [
        { kind: 'set', scope: 'site', name: 'max_message_rate', value: '1/minute' },
        { kind: 'set', scope: 'site', name: 'connection_limit', value: 1 },
      ],
      durationMs: 90 * 60_000,
      matchInternal: false,
    });
    assert.equal(unreachable?.matchInternal, true);
    assert.deepEqual(policy.providers[0]?.automation?.[0], {
      regex: ['\\[B04\\]'],
      threshold: { count: 2, periodMs: 3_600_000, burst: 1 },
      actions: [{ kind: 'suspend', scope: 'path' }],
      durationMs: 7_200_000,
      matchInternal: false,
    });
  });
});

describe('what a community file says and nothing acts on', () => {
  const check = checkPolicy(`
    [provider."x"]
    match = [{ MXSuffix = ".x.example" }]
    additional_connection_limits = { "shared" = 10 }
    enable_dane = true
    conection_limit = 3
    [["x.example".automation]]
    regex = "a"
    action = "Suspend"
    duration = "1h"
  `);

  it('is named in a warning, each key in one of three lists', () => {
    assert.deepEqual(check.keys, {
      accepted: ['provider.x.match'],
      warned: ['provider.x.additional_connection_limits', 'provider.x.enable_dane', 'x.example.automation'],
      ignored: ['provider.x.conection_limit'],
    });
    assert.equal(check.problems.length, 4);
    assert.deepEqual(check.policy?.providers[0]?.shaping.additional, { additional_connection_limits: { shared: 10 } });
  });

  it('is told from what is written wrong', () => {
    const rule = (text: string) => checkPolicy(`[["default".automation]]\n${text}`).problems[0]?.message ?? '';
    assert.match(rule('action = "Suspend"\nduration = "1h"'), /rule 1: regex undefined is no regular expression/);
    assert.match(rule('regex = "x"\naction = "Sleep"\nduration = "1h"'), /rule 1: action "Sleep" is none; write/);
    assert.match(rule('regex = "x"\naction = "Suspend"\nduration = "soon"'), /duration "soon" is not a duration/);
    assert.match(rule('regex = "x"\naction = "Bounce"\nduration = "1h"\ntrigger = 3'), /trigger 3 is neither/);
  });

  it('says how a domain is written where its quotes are missing', () => {
    const [problem] = checkPolicy('[comcast.net]\nconnection_limit = 3').problems;
    assert.equal(problem?.message, 'unknown table [comcast] is ignored; a domain stands in quotes, ["comcast.net"]');
  });

  it('is a provider that comes after another one for the same hosts', () => {
    const rules = (a: string, b: string) =>
      checkPolicy(`[provider."a"]\nmatch = [${a}]\n[provider."b"]\nmatch = [${b}]`).problems.length;
    assert.equal(rules('{ MXSuffix = ".x.example" }', '{ HostName = "mx.x.example" }'), 1);
    assert.equal(rules('{ MXSuffix = ".a.x.example" }', '{ MXSuffix = ".x.example" }'), 1);
    assert.equal(rules('{ MXSuffix = ".a.x.example" }', '{ MXSuffix = ".b.x.example" }'), 0);
    assert.equal(rules('{ DomainSuffix = "x.example" }', '{ MXSuffix = ".x.example" }'), 0);
  });
});

describe('a pace and a budget on one path', () => {
  it('both hold, whichever is the site’s and whichever the provider’s', () => {
    const both = parsePolicy(`
      [provider."p"]
      match = []
      max_message_rate = "10/s"
      provider_max_message_rate = "2000/hour"
      provider_max_connection_rate = "20/min"
    `);
    const shaping = resolveShaping(both, { provider: 'p' });
    assert.deepEqual(shaping.maxMessageRate, { count: 10, periodMs: 1000, burst: 1 });
    assert.deepEqual(shaping.messageBudget, { count: 2000, periodMs: 3_600_000, burst: 1 });
    assert.deepEqual(shaping.maxConnectionRate, { count: 20, periodMs: 60_000, burst: 1 });
    const rates = explainShaping(both, 'p').filter(({ key }) => key === 'max_message_rate');
    assert.deepEqual(
      rates.map(({ value }) => value),
      ['10/s', '2000/hour'],
    );
  });
});
