import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composePolicy } from './compose.ts';
import { formatChange, policyDifference } from './difference.ts';
import { checkPolicy, parsePolicy } from './parse.ts';

const BASE = `
["default"]
connection_limit = 10
max_message_rate = "100/s"
[provider."big"]
match = [{ MXSuffix = ".big.example" }]
connection_limit = 5
[[provider."big".automation]]
regex = "slow"
action = "Suspend"
duration = "1h"
["x.example"]
connection_limit = 3
idle_timeout = "9s"
`;

const OWN = `
[provider."big"]
match = [{ MXSuffix = ".big2.example" }]
max_deliveries_per_connection = 7
[[provider."big".automation]]
regex = "busy"
action = "Suspend"
duration = "2h"
["x.example"]
replace_base = true
connection_limit = 30
[source."ip-1"]
`;

describe('several policy files', () => {
  const policy = parsePolicy(composePolicy([BASE, OWN]));

  it('are one: a later file stands over an earlier one, key by key', () => {
    const [big] = policy.providers;
    assert.deepEqual(big?.shaping, { connectionLimit: 5, maxDeliveriesPerConnection: 7 });
    assert.deepEqual(big?.match, [{ mxSuffix: '.big.example' }, { mxSuffix: '.big2.example' }]);
    assert.deepEqual(
      big?.automation?.map(({ regex }) => regex[0]),
      ['slow', 'busy'],
    );
    assert.ok(policy.sources.has('ip-1'));
  });

  it('forget what earlier ones said in a block that replaces its base', () => {
    assert.deepEqual(policy.domains.get('x.example')?.shaping, { replaceBase: true, connectionLimit: 30 });
  });

  it('keep every key, whatever its name', () => {
    const text = composePolicy(['a = 1\n', '["__proto__"]\nb = 2\n']);
    assert.deepEqual(checkPolicy(text).keys.ignored, ['__proto__', 'a']);
  });

  it('keep their comments where there is only one', () => {
    assert.equal(composePolicy(['# mine\negress = "sandbox"\n']), '# mine\negress = "sandbox"\n');
    assert.equal(composePolicy([]), '');
  });

  it('read the same composed as one file with the same words', () => {
    assert.deepEqual(checkPolicy(composePolicy(['', BASE])).policy?.providers, parsePolicy(BASE).providers);
  });
});

describe('the difference of two policies', () => {
  const lines = (before: string, after: string) => policyDifference(before, after).map(formatChange);

  it('names each key that says something else, is new or is gone', () => {
    assert.deepEqual(
      lines(
        'egress = "sandbox"\n[source."a"]\npartition = 0\n[retry]\njitter = 0.1',
        '[source."a"]\npartition = 1\n[source."b"]\n[retry]\njitter = 0.1\n[provider."p"]\nmatch = [{ MXSuffix = ".x" }]',
      ),
      [
        '~ source.a.partition = 0 → 1',
        '+ source.b = {}',
        '+ provider.p.match = [{ MXSuffix = ".x" }]',
        '- egress = "sandbox"',
      ],
    );
  });

  it('is nothing where only comments and order differ', () => {
    assert.deepEqual(lines('# a\n[retry]\njitter = 0.1\nsuspend = "1m"', '[retry]\nsuspend = "1m"\njitter = 0.1'), []);
  });

  it('cuts what nobody would read to its end', () => {
    const [change] = policyDifference('', `x = "${'y'.repeat(500)}"`);
    assert.equal(change?.after?.length, 200);
  });
});
