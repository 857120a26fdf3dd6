/** `npm run stack:up|down|status`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { ENGINES, type EngineName, parseEngines } from './engines.ts';
import { KAFKA_LINES, type KafkaLine } from './kafka/releases.ts';
import { openStack } from './stack.ts';
import { table } from './status-table.ts';

interface FolderOptions {
  readonly data: string;
}

interface UpOptions extends FolderOptions {
  readonly brokers?: '1' | '3';
  readonly kafka?: KafkaLine;
  readonly basePort?: number;
  readonly heap?: number;
  readonly kafkaProperty: Readonly<Record<string, string>>;
  readonly only?: readonly EngineName[];
  readonly with?: readonly EngineName[];
  readonly cache?: string;
}

type Print = (text: string) => void;

export function stackCommand(print: Print): Command {
  const program = new Command('stack').description('Kafka, Redis and more on this machine, without containers.');
  addUp(program, print);
  program
    .command('down')
    .description('end every server of the folder; data stays')
    .addOption(dataOption())
    .option('--wipe', 'delete data and logs too')
    .action((options: FolderOptions & { readonly wipe?: boolean }) => down(options, print));
  program
    .command('status')
    .description('what runs, and whether it serves; ends with 1 when something that runs does not')
    .addOption(dataOption())
    .action(async (options: FolderOptions) => {
      const stack = await openStack({ folder: options.data, only: ENGINES });
      const servers = await stack.status();
      print(table(servers));
      process.exitCode = servers.some(({ pid, ready }) => pid !== undefined && !ready) ? 1 : 0;
    });
  return program;
}

function addUp(program: Command, print: Print): void {
  program
    .command('up')
    .description('start what does not run yet, and wait until it serves')
    .addOption(dataOption())
    .addOption(new Option('--brokers <number>', 'Kafka brokers').choices(['1', '3']))
    .addOption(new Option('--kafka <line>', 'release line of Kafka').choices([...KAFKA_LINES]))
    .option('--base-port <port>', 'first of the ports of the stack (default: 19000)', wholeNumber)
    .option(
      '--heap <megabytes>',
      'largest heap of each broker (default: 512 for one broker, 384 for three)',
      wholeNumber,
    )
    .option('--kafka-property <name=value>', 'a line more for the brokers; may be repeated', addProperty, {})
    .option('--only <engines>', `these and no others: ${ENGINES.join(',')}`, engines)
    .option('--with <engines>', 'these besides the usual ones', engines)
    .option('--cache <folder>', 'where jars and programs are kept')
    .action((options: UpOptions) => up(options, print));
}

async function up(options: UpOptions, print: Print): Promise<void> {
  const started = performance.now();
  const stack = await openStack({
    folder: options.data,
    brokers: options.brokers === undefined ? undefined : options.brokers === '3' ? 3 : 1,
    kafka: options.kafka,
    basePort: options.basePort,
    heapMb: options.heap,
    kafkaProperties: Object.keys(options.kafkaProperty).length > 0 ? options.kafkaProperty : undefined,
    only: options.only,
    also: options.with,
    cache: options.cache,
    report: print,
  });
  await stack.up();
  print(table(await stack.status()));
  print(`Ready after ${((performance.now() - started) / 1000).toFixed(1)} s; logs in ${stack.folder}/logs`);
}

async function down(options: FolderOptions & { readonly wipe?: boolean }, print: Print): Promise<void> {
  const stack = await openStack({ folder: options.data, only: ENGINES });
  const done = await stack.down({ wipe: options.wipe ?? false });
  for (const [name, what] of done) if (what !== 'was not running') print(`${name}: ${what}`);
  print(options.wipe ? 'Nothing runs; data deleted.' : `Nothing runs; data kept in ${stack.folder}`);
}

function dataOption(): Option {
  return new Option('--data <folder>', 'data, logs and pid files').default('data/stack');
}

function engines(list: string): readonly EngineName[] {
  try {
    return parseEngines(list);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
}

function addProperty(text: string, sofar: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('name=value is needed.');
  return { ...sofar, [text.slice(0, at)]: text.slice(at + 1) };
}
