import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KafkaConnection, TopicDefinition, TopicPlan } from '@penstock/adapter-kafka';
import { formatProblem, PolicyError, parsePolicy, SHIPPED_RETRY } from '@penstock/policy';
import type { Command } from 'commander';
import { type Console, UserError } from '../console.ts';
import { table } from '../rendering/table.ts';
import { wholeNumber } from './whole-number.ts';

/** Loaded when a topic command runs: no other command waits for a Kafka client. */
export type KafkaAdapter = typeof import('@penstock/adapter-kafka');

interface TopicsOptions {
  readonly brokers?: string;
  readonly replication?: number;
  readonly partitions?: ReadonlyMap<string, number>;
  readonly policy?: string;
  readonly file: string;
  readonly dryRun?: boolean;
}

const SHIPPED_TOPICS = fileURLToPath(new URL('../../../../infra/topics/topics.json', import.meta.url));

export function addTopics(root: Command, console: Console, load: () => Promise<KafkaAdapter>): void {
  const topics = root
    .command('topics')
    .description('make the topics of the log on Kafka, or look whether they are as they should be')
    .addHelpText(
      'after',
      '\nThe brokers, TLS and SASL are taken from PENSTOCK_KAFKA_*, the policy from PENSTOCK_CONFIG.',
    );
  withOptions(topics.command('apply'))
    .description('make what is missing and put settings right; may be repeated')
    .option('--dry-run', 'say what would be done, and change nothing')
    .action((options: TopicsOptions) => apply(options, console, load));
  withOptions(topics.command('check'))
    .description('change nothing; the exit code is 1 unless every topic is as defined')
    .action((options: TopicsOptions) => check(options, console, load));
}

function withOptions(command: Command): Command {
  return command
    .option('--brokers <list>', 'host:port, comma-separated (default: PENSTOCK_KAFKA_BROKERS)')
    .option('--replication <copies>', 'copies of each partition (default: 3)', wholeNumber(1, 9))
    .option('--partitions <topic=n>', 'another number of partitions; may be repeated', collectPartitions)
    .option('--policy <file>', 'policy whose max_age the facts must outlive (default: PENSTOCK_CONFIG)')
    .option('--file <file>', 'the definitions', SHIPPED_TOPICS);
}

function collectPartitions(text: string, before: ReadonlyMap<string, number> = new Map()): Map<string, number> {
  const [, topic, count] = /^([A-Za-z0-9._-]+)=([1-9][0-9]{0,5})$/.exec(text) ?? [];
  if (topic === undefined) throw new UserError(`--partitions ${text}: expected something like mail.events=32`);
  return new Map([...before, [topic, Number(count)]]);
}

async function apply(options: TopicsOptions, console: Console, load: () => Promise<KafkaAdapter>): Promise<void> {
  const kafka = await load();
  const { connection, definitions } = prepare(options, console, kafka);
  const run = options.dryRun ? kafka.checkTopics : kafka.applyTopics;
  const plans = await reached(connection, run(connection, definitions));
  console.print(plansText(plans, kafka));
  const refused = plans.filter(kafka.isRefused).length;
  if (refused > 0) throw new UserError(`${refused} of ${plans.length} topics refused: nothing was changed`);
  if (options.dryRun) console.print('Nothing was changed.');
}

async function check(options: TopicsOptions, console: Console, load: () => Promise<KafkaAdapter>): Promise<void> {
  const kafka = await load();
  const { connection, definitions } = prepare(options, console, kafka);
  const plans = await reached(connection, kafka.checkTopics(connection, definitions));
  console.print(plansText(plans, kafka));
  const different = plans.filter(({ steps }) => steps.length > 0).length;
  if (different > 0) throw new UserError(`${different} of ${plans.length} topics are not as defined`);
}

function plansText(plans: readonly TopicPlan[], { stepText }: KafkaAdapter): string {
  const rows = plans.flatMap(({ definition, steps }) => {
    const told = steps.length > 0 ? steps.map((step) => stepText(step, definition)) : ['as defined'];
    return told.map((text, index) => [index === 0 ? definition.name : '', text]);
  });
  return table([{ title: 'topic' }, { title: 'what' }], rows);
}

function prepare(
  options: TopicsOptions,
  console: Console,
  kafka: KafkaAdapter,
): { readonly connection: KafkaConnection; readonly definitions: readonly TopicDefinition[] } {
  try {
    const environment = options.brokers
      ? { ...console.environment, PENSTOCK_KAFKA_BROKERS: options.brokers }
      : console.environment;
    const settings = kafka.parseKafkaSettings(environment, (path) => readFileSync(path, 'utf8'));
    if (settings === undefined) throw new UserError('--brokers or PENSTOCK_KAFKA_BROKERS is needed');
    const { replication: replicationFactor, partitions } = options;
    const prefix = environment.PENSTOCK_KAFKA_PREFIX;
    const definitions = kafka.chooseTopics(kafka.parseTopicDefinitions(readText('--file', options.file)), {
      ...(replicationFactor !== undefined && { replicationFactor }),
      ...(partitions && { partitions }),
      ...(prefix && { prefix }),
    });
    kafka.checkTopicRetention(definitions, maxAgeMs(options.policy ?? console.environment.PENSTOCK_CONFIG));
    return { connection: { ...settings, clientId: 'penstock-topics' }, definitions };
  } catch (error) {
    if (error instanceof kafka.KafkaSettingsError || error instanceof kafka.TopicDefinitionError)
      throw new UserError(error.message);
    throw error;
  }
}

function maxAgeMs(file: string | undefined): number {
  if (file === undefined) return SHIPPED_RETRY.maxAgeMs;
  try {
    return parsePolicy(readText('--policy', file)).retry.maxAgeMs;
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new UserError(`${file}: ${error.problems.map(formatProblem).join('; ')}`);
  }
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UserError(`${option}: ${file} cannot be read`);
  }
}

/** What a broker or the way to it says is for the user to put right. */
async function reached<T>({ brokers }: KafkaConnection, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new UserError(`Kafka at ${brokers.join(', ')}: ${error instanceof Error ? error.message : error}`);
  }
}
