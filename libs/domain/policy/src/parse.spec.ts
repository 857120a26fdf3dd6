import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkPolicy, formatProblem, PolicyError, parsePolicy, policyVersion } from './parse.ts';

const problemsOf = (text: string) => checkPolicy(text).problems.map(formatProblem);

test('an empty text is a policy that sends nothing out', () => {
  const { policy, problems } = checkPolicy('');
  assert.deepEqual(problems, []);
  assert.equal(policy?.egress, 'sandbox');
  assert.equal(policy?.version, 'e3b0c44298fc');
  assert.deepEqual(policy?.pools.get('default')?.sources, ['local']);
  assert.equal(policy?.retry.maxAgeMs, 72 * 3_600_000);
});

test('the version is the beginning of the SHA-256 of the text', () => {
  assert.equal(policyVersion('abc'), 'ba7816bf8f01');
});

test('a file names its sources, pools, waits and limits', () => {
  const policy = parsePolicy(`
    egress = "internet"
    default_pool = "bulk"
    [source."a"]
    bind = "192.0.2.1"
    ehlo_domain = "a.example.com"
    partition = 3
    [source."b"]
    bind = "2001:db8::1"
    ehlo_domain = "[192.0.2.2]"
    partition = 4
    [pool."bulk"]
    sources = ["b", "a"]
    [pool."other"]
    sources = ["a"]
    [retry]
    retry_interval = "1h 30m"
    max_retry_interval = "2 hours"
    on_unknown = "assume_delivered"
    [dispatch]
    max_attempts_in_flight = 7
  `);
  assert.deepEqual(policy.sources.get('a'), { name: 'a', bind: '192.0.2.1', ehlo: 'a.example.com', partition: 3 });
  assert.deepEqual(policy.pools.get('bulk'), { name: 'bulk', sources: ['b', 'a'] });
  assert.equal(policy.defaultPool, 'bulk');
  assert.equal(policy.retry.retryIntervalMs, 5_400_000);
  assert.equal(policy.retry.onUnknown, 'assume_delivered');
  assert.equal(policy.dispatch.maxAttemptsInFlight, 7);
});

test('a wrong value is an error that names line, key, what is wrong and what would be right', () => {
  const text = '[provider."gmail"]\nmatch = [{ MXSuffix = ".google.com" }]\nmax_message_rate = "fast"\n';
  assert.deepEqual(problemsOf(text), [
    'error: line 3: provider.gmail.max_message_rate: "fast" is not a rate; write "100/s", "5/min", "2000/hour" or "50/s,max_burst=5"',
  ]);
  assert.equal(checkPolicy(text).policy, undefined);
});

test('an unknown key is a warning that names it, and the policy still holds', () => {
  const { policy, problems } = checkPolicy('[retry]\nretry_intervall = "5m"\n');
  assert.ok(policy);
  assert.deepEqual(problems, [
    {
      severity: 'warning',
      key: 'retry.retry_intervall',
      line: 2,
      message: 'unknown key "retry_intervall" is ignored; did you mean "retry_interval"?',
    },
  ]);
});

test("a community file of KumoMTA's loads with warnings only", () => {
  const { policy, problems } = checkPolicy(`
    ["default"]
    connection_limit = 10
    max_connection_rate = "100/min"
    max_message_rate = "100/s"
    consecutive_connection_failures_before_delay = 100
    [["default".automation]]
    regex = "temporarily deferred"
    action = [{ SetConfig = { name = "connection_limit", value = 1 } }]
    duration = "90m"
    ["comcast.net"]
    connection_limit = 25
    [provider."gmail"]
    match = [{ MXSuffix = ".google.com" }, { HostName = "mx.example.com" }]
    provider_connection_limit = 5
  `);
  assert.ok(policy);
  assert.ok(problems.every(({ severity }) => severity === 'warning'));
  assert.deepEqual(
    problems.map(({ key }) => key),
    ['default.automation', 'default.consecutive_connection_failures_before_delay'],
  );
});

test('two sources never share a partition of mail.attempts', () => {
  const text = '[source."a"]\npartition = 1\n[source."b"]\npartition = 1\n';
  assert.match(problemsOf(text).join(), /source\.b\.partition: 1 is already source "a"'s/);
});

test('with several sources each names its partition', () => {
  assert.match(problemsOf('[source."a"]\npartition = 1\n[source."b"]\n').join(), /source\.b\.partition: missing/);
  assert.deepEqual(problemsOf('[source."a"]\n'), []);
});

test('a pool of sources that do not exist is an error that lists those that do', () => {
  const text = '[source."a"]\n[pool."p"]\nsources = ["a", "z"]\n';
  assert.match(problemsOf(text).join(), /pool\.p\.sources: there is no source "z"; there is a/);
});

test('mail to the internet needs a source with a name to greet with', () => {
  assert.match(problemsOf('egress = "internet"').join(), /source: missing/);
  assert.match(problemsOf('egress = "internet"\n[source."a"]').join(), /source\.a\.ehlo_domain: missing/);
});

test('smarthost egress needs the host', () => {
  assert.match(problemsOf('egress = "smarthost"').join(), /smarthost\.host: missing/);
});

test('a least above its most is an error', () => {
  assert.match(problemsOf('[retry]\nretry_interval = "5h"').join(), /retry_interval \(18000000 ms\) is longer than/);
});

test('a text that is no TOML is one error with its line', () => {
  const [problem] = checkPolicy('egress = "sandbox"\nno toml').problems;
  assert.equal(problem?.line, 2);
  assert.equal(problem?.severity, 'error');
});

test('parsePolicy throws with every problem', () => {
  assert.throws(
    () => parsePolicy('egress = "moon"\ndefault_pool = "x"\nspare = 1'),
    (error) => error instanceof PolicyError && error.problems.length === 3,
  );
});

test('names that would break a path key are refused', () => {
  assert.match(problemsOf('[source."a|b"]').join(), /without blanks or "\|"/);
  assert.match(problemsOf('[provider."a b"]\nmatch = []').join(), /without blanks or "\|"/);
});

test('whatever the text, checking ends in a policy or an error, never in a throw', () => {
  const key = fc.constantFrom(
    'default',
    'provider',
    'source',
    'pool',
    'retry',
    'egress',
    'smarthost',
    'warmup',
    'limit',
    'tenant',
    'tier',
    'class',
    'gate',
    'raise',
    'sources',
    'automation',
    '"a.example"',
    '__proto__',
    'x',
  );
  const value = fc.constantFrom(
    '1',
    '"a"',
    '[]',
    '{}',
    '{ a = 1 }',
    '[{ MXSuffix = "." }]',
    'true',
    '1979-05-27',
    '-0.5',
  );
  const line = fc.oneof(
    fc.tuple(key, value).map(([k, v]) => `${k} = ${v}`),
    key.map((k) => `[${k}]`),
    fc.tuple(key, key).map(([a, b]) => `[${a}."${b.replaceAll('"', '')}"]`),
    fc.tuple(key, key, key).map(([a, b, c]) => `[${a}.x.${b}.${c}]`),
    fc.tuple(key, key).map(([a, b]) => `[[${a}.${b}]]`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const { policy, problems } = checkPolicy(lines.join('\n'));
      assert.equal(
        policy === undefined,
        problems.some(({ severity }) => severity === 'error'),
      );
    }),
    { numRuns: 300 },
  );
});
