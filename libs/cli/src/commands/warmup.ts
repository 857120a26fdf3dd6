import type { Command } from 'commander';
import type { WarmupEntryView, WarmupsApi, WarmupView } from '../api/warmups-api.ts';
import type { Console } from '../console.ts';
import { table } from '../rendering/table.ts';
import { wholeNumber } from './whole-number.ts';

interface StartOptions {
  readonly schedule?: string;
  readonly day?: number;
}

interface StatusOptions {
  readonly json?: boolean;
}

export function addWarmup(root: Command, console: Console, api: () => WarmupsApi): void {
  const warmup = root
    .command('warmup')
    .description('warm new sending addresses up day by day (needs a key with scope operate)');
  warmup
    .command('start')
    .description('hold the source to a schedule from now on, which is its day 0')
    .argument('<source>', 'its name in the policy, such as ip-3')
    .option('--schedule <name>', "a [warmup] table of the policy (default: the source's own, else sendgrid)")
    .option('--day <number>', 'begin with this day of it', wholeNumber(0, 365))
    .action(async (source: string, { schedule, day }: StartOptions) => {
      const named = { ...(schedule === undefined ? {} : { schedule }), ...(day === undefined ? {} : { day }) };
      console.print(stateText(await api().start({ source, ...named })));
    });
  warmup
    .command('stop')
    .description('the source is warm: no limit of a warm-up holds any more')
    .argument('<source>')
    .action(async (source: string) => {
      await api().stop(source);
      console.print(`${source} is no longer in warm-up.`);
    });
  warmup
    .command('status')
    .description('show what every source in warm-up may send, or the ledger of one')
    .argument('[source]', 'show every step of its last warm-up')
    .option('--json', 'print JSON')
    .action((source: string | undefined, options: StatusOptions) => status(source, options, console, api()));
}

async function status(source: string | undefined, { json }: StatusOptions, console: Console, api: WarmupsApi) {
  if (source === undefined) {
    const all = await api.list();
    return console.print(json ? JSON.stringify(all) : listText(all));
  }
  const one = await api.show(source);
  console.print(json ? JSON.stringify(one) : `${stateText(one)}\n\n${ledgerText(one.ledger)}`);
}

function listText(all: readonly WarmupView[]): string {
  if (all.length === 0) return 'No source was ever in warm-up. Begin with: penstock warmup start <source>';
  const columns = ['source', 'state', 'schedule', 'day', 'an hour', 'next day'].map((title) => ({ title }));
  const rows = all.map(({ source, warming, schedule, day, hourlyLimit, nextDayAt, endedAt }) => [
    source,
    warming ? 'warming' : `warm since ${time(endedAt)}`,
    schedule,
    String(day),
    hourlyLimit === undefined ? '' : String(hourlyLimit),
    time(nextDayAt),
  ]);
  return table(columns, rows);
}

function stateText({
  source,
  warming,
  schedule,
  day,
  days,
  hourlyLimit,
  providerLimits,
  ...times
}: WarmupView): string {
  if (!warming) return `${source} is warm since ${time(times.endedAt)}.`;
  const last = days === undefined ? '' : ` of 0 to ${days - 1}`;
  const caps = Object.entries(providerLimits ?? {}).map(([provider, limit]) => `, ${limit} to ${provider}`);
  return (
    `${source} is in warm-up by "${schedule}": day ${day}${last}, ${hourlyLimit} recipients in any hour` +
    `${caps.join('')}. The next day begins at ${time(times.nextDayAt)}.`
  );
}

function ledgerText(ledger: readonly WarmupEntryView[]): string {
  const columns = ['at', 'step', 'day', 'an hour', 'why', 'of the day before'].map((title) => ({ title }));
  const rows = ledger.map(({ at, event, day, hourlyLimit, reason, results, by }) => [
    time(at),
    event.replace('_', ' '),
    String(day),
    hourlyLimit === undefined ? '' : String(hourlyLimit),
    [reason?.replaceAll('_', ' '), by].filter((text) => text !== undefined).join(', '),
    results === undefined ? '' : resultsText(results),
  ]);
  return table(columns, rows);
}

function resultsText({ attempted, ...parts }: NonNullable<WarmupEntryView['results']>): string {
  const named = Object.entries(parts).filter(([, count]) => count > 0);
  return [`${attempted} attempted`, ...named.map(([name, count]) => `${count} ${name}`)].join(', ');
}

function time(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
