import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { KafkaConnection, TopicDefinition, TopicPlan } from '@penstock/adapter-kafka';
import * as adapter from '@penstock/adapter-kafka';
import { Command } from 'commander';
import { UserError } from '../console.ts';
import { addTopics } from './topics.ts';

const folder = mkdtempSync(join(tmpdir(), 'penstock-topics-'));
after(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly printed: string;
  readonly refused: string | undefined;
  readonly asked: readonly [string, KafkaConnection, readonly TopicDefinition[]][];
}

/** Runs the command against a cluster that answers with `steps` for mail.events and has all else as defined. */
async function run(args: string[], steps: TopicPlan['steps'] = [], environment = {}): Promise<Ran> {
  const printed: string[] = [];
  const asked: [string, KafkaConnection, readonly TopicDefinition[]][] = [];
  const answer = (name: string) => async (connection: KafkaConnection, definitions: readonly TopicDefinition[]) => {
    asked.push([name, connection, definitions]);
    return definitions.map((definition) => ({
      definition,
      found: undefined,
      steps: definition.name === 'mail.events' ? steps : [],
    }));
  };
  const console = {
    environment: { PENSTOCK_KAFKA_BROKERS: 'kafka.example:9092', ...environment },
    print: (text: string) => printed.push(text),
    complain: () => undefined,
    sleep: async () => undefined,
  };
  const root = new Command().exitOverride();
  addTopics(root, console, async () => ({ ...adapter, applyTopics: answer('apply'), checkTopics: answer('check') }));
  let refused: string | undefined;
  try {
    await root.parseAsync(['topics', ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    refused = error.message;
  }
  return { printed: printed.join('\n'), refused, asked };
}

test('apply prints what was done with each topic', async () => {
  const { printed, refused, asked } = await run(['apply'], [{ action: 'create' }]);
  assert.equal(refused, undefined);
  assert.match(printed, /mail\.events +create: 32 partitions, 3 copies/);
  assert.match(printed, /mail\.control +as defined/);
  assert.equal(asked[0]?.[0], 'apply');
});

test('--dry-run changes nothing and says so', async () => {
  const { printed, asked } = await run(['apply', '--dry-run'], [{ action: 'create' }]);
  assert.equal(asked[0]?.[0], 'check');
  assert.match(printed, /Nothing was changed\.$/);
});

test('what is refused, and what differs from the definition, is exit code 1', async () => {
  const { refused } = await run(['apply'], [{ action: 'refuse', reason: 'has 4 partitions' }]);
  assert.match(refused ?? '', /1 of 7 topics refused: nothing was changed/);
  assert.equal((await run(['check'])).refused, undefined);
  assert.match((await run(['check'], [{ action: 'create' }])).refused ?? '', /1 of 7 topics are not as defined/);
});

test('copies and partitions are chosen by options, brokers by option or setting', async () => {
  const chosen = ['--replication', '1', '--partitions', 'mail.events=8', '--partitions', 'mail.attempts=9'];
  const { asked } = await run(['apply', '--brokers', 'a:1,b:2', ...chosen]);
  const [, connection, definitions] = asked[0] ?? [];
  assert.deepEqual(connection?.brokers, ['a:1', 'b:2']);
  const counts = new Map(definitions?.map(({ name, partitions }) => [name, partitions]));
  assert.deepEqual([counts.get('mail.events'), counts.get('mail.attempts')], [8, 9]);
  assert.ok(definitions?.every(({ replicationFactor }) => replicationFactor === 1));
  const prefixed = await run(['check'], [], { PENSTOCK_KAFKA_PREFIX: 'test.' });
  assert.match(prefixed.printed, /^test\.mail\.submissions /m);
  assert.match((await run(['apply', '--partitions', 'mail.events'])).refused ?? '', /expected something like/);
  assert.match((await run(['apply', '--brokers', 'a'])).refused ?? '', /^PENSTOCK_KAFKA_BROKERS: a is not host:port/);
  const none = await run(['apply'], [], { PENSTOCK_KAFKA_BROKERS: undefined });
  assert.match(none.refused ?? '', /--brokers or PENSTOCK_KAFKA_BROKERS is needed/);
});

test('a policy that keeps mail for longer than facts are kept is refused before a broker is asked', async () => {
  const file = join(folder, 'policy.toml');
  writeFileSync(file, '[retry]\nmax_age = "28 days"\n');
  for (const { refused, asked } of [
    await run(['apply', '--policy', file]),
    await run(['check'], [], { PENSTOCK_CONFIG: file }),
  ]) {
    assert.match(refused ?? '', /^mail\.events: a retention of 720h is less than mail may be pending: 768h/);
    assert.deepEqual(asked, []);
  }
});

test('a broker that does not answer is told in one line', async () => {
  const root = new Command().exitOverride();
  const silent = async () => {
    throw new Error('Connection refused');
  };
  const console = {
    environment: {},
    print: () => undefined,
    complain: () => undefined,
    sleep: async () => undefined,
  };
  addTopics(root, console, async () => ({ ...adapter, checkTopics: silent }));
  const check = root.parseAsync(['topics', 'check', '--brokers', 'a:1'], { from: 'user' });
  await assert.rejects(check, { name: 'UserError', message: 'Kafka at a:1: Connection refused' });
});
