/** What the policy page shows is a policy, and means what the page says it does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPolicy, composePolicy, pathOf, resolveShaping } from '@penstock/policy';
import { readText } from '../architecture/sources.ts';

/** Names the examples speak of without writing them. */
const AROUND = ['ip-1', 'ip-2', 'ip-9', 'ip-20']
  .map((name, index) => `[source."${name}"]\nehlo_domain = "mta.example.com"\npartition = ${index}\n`)
  .join('');

const examples = [...readText('docs/policy.md').matchAll(/```toml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const { policy, problems, keys } = checkPolicy(composePolicy([AROUND, ...examples]));

test('the examples of the policy page are one policy, and no key in them is unknown', () => {
  assert.ok(examples.length >= 5);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.deepEqual([keys.warned, keys.ignored], [[], []]);
});

test('the examples of the policy page mean what it says', () => {
  assert.ok(policy);
  const foo = (source: string) => resolveShaping(policy, { source, site: 'big.example>foo.example' });
  const { connectionLimit, maxDeliveriesPerConnection, idleTimeoutMs } = foo('ip-1');
  assert.deepEqual([connectionLimit, maxDeliveriesPerConnection, idleTimeoutMs], [3, 5, 9000]);
  assert.equal(foo('ip-2').maxDeliveriesPerConnection, 50);
  const others = resolveShaping(policy, { source: 'ip-1', site: 'big.example' });
  assert.deepEqual([others.maxDeliveriesPerConnection, others.connectionLimit], [20, 10]);
  assert.equal(pathOf('ip-1', { provider: 'gmail', site: 'mx' }, policy), 'ip-1|provider:gmail');
  const warmup = policy.warmups.get(policy.sources.get('ip-9')?.warmup ?? '');
  assert.deepEqual([warmup?.hourlyByDay[2], warmup?.perProvider.get('gmail')?.[2]], [39, 12]);
  assert.deepEqual(
    policy.limits.map(({ name }) => name),
    ['gmail-day', 'gmail-hour'],
  );
  const minutes = policy.retry.retryScheduleMs?.map((ms) => ms / 60_000);
  assert.deepEqual(minutes, [1, 5, 5, 60, 60, 60, 240]);
});
