import { SUPPRESSION_REASONS } from '@penstock/events';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PAGE, type SuppressionsApi, type SuppressionView } from '../api/suppressions-api.ts';
import { type Console, UserError } from '../console.ts';
import { counted } from '../rendering/quantities.ts';
import { table } from '../rendering/table.ts';
import { FORMATS } from '../suppressions/entries.ts';
import { addTransfers } from './suppression-transfer.ts';

interface ListOptions {
  readonly tenant?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

interface AddOptions {
  readonly tenant?: string;
  readonly reason: string;
  readonly expires?: number;
}

export const TENANT = 'whose list (default: the tenant of the API key; any other needs the scope operate)';
const EXPIRES = 'over after this: a time to go (90d, 12h) or a date or time (2026-12-31T00:00:00Z); never if absent';

export function addSuppression(root: Command, console: Console, api: () => SuppressionsApi): void {
  const suppression = root
    .command('suppression')
    .description('the addresses a tenant sends nothing to: show, change, import and export them');
  suppression
    .command('list')
    .description('show them, or those of the addresses named that are among them')
    .argument('[addresses...]', 'ask about these only')
    .option('--tenant <name>', TENANT)
    .addOption(reasonOption('only for this reason'))
    .option('--json', 'print JSON Lines')
    .action((addresses: readonly string[], options: ListOptions) => list(addresses, options, console, api()));
  suppression
    .command('add')
    .description('send nothing to these addresses any more; it holds when this ends')
    .argument('<addresses...>')
    .option('--tenant <name>', TENANT)
    .addOption(reasonOption('why').default('manual'))
    .option('--expires <when>', EXPIRES, expiry)
    .action((addresses: readonly string[], options: AddOptions) => add(addresses, options, console, api()));
  suppression
    .command('remove')
    .description('send to these addresses again')
    .argument('<addresses...>')
    .option('--tenant <name>', TENANT)
    .action((addresses: readonly string[], { tenant }: ListOptions) => remove(addresses, tenant, console, api()));
  const options = { tenant: TENANT, expires: [EXPIRES, expiry] as const, reason: reasonOption, format: formatOption };
  addTransfers(suppression, options, console, api);
}

function reasonOption(description: string): Option {
  return new Option('--reason <reason>', description).choices(SUPPRESSION_REASONS);
}

function formatOption(): Option {
  return new Option('--format <format>', 'csv, or one JSON object a line').choices(FORMATS);
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ms since the epoch */
function expiry(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() + Number(count) * (UNITS[unit] ?? 0);
  if (Number.isNaN(at)) throw new InvalidArgumentError('Expected such as 90d or 2026-12-31.');
  if (at <= Date.now()) throw new InvalidArgumentError('That is over already.');
  return at;
}

async function list(addresses: readonly string[], options: ListOptions, console: Console, api: SuppressionsApi) {
  const { tenant, reason, json = false } = options;
  const found = addresses.length > 0 ? asked(addresses, options, api) : api.all(tenant, reason);
  let shown = 0;
  for await (const page of found) {
    if (page.length === 0) continue;
    console.print(json ? page.map((each) => JSON.stringify(each)).join('\n') : listText(page));
    shown += page.length;
  }
  if (!json) console.print(shown === 0 ? 'none is suppressed' : counted(shown, 'suppression'));
}

async function* asked(addresses: readonly string[], { tenant, reason }: ListOptions, api: SuppressionsApi) {
  for (let from = 0; from < addresses.length; from += PAGE) {
    const found = await api.find(tenant, addresses.slice(from, from + PAGE));
    yield found.filter((each) => reason === undefined || each.reason === reason);
  }
}

function listText(page: readonly SuppressionView[]): string {
  const columns = ['address', 'reason', 'added at', 'until', 'because of'].map((title) => ({ title }));
  const rows = page.map(({ address, reason, addedAt, expiresAt, evidence }) => [
    address ?? '(sealed under another secret key)',
    reason,
    new Date(addedAt).toISOString(),
    expiresAt === undefined ? '' : new Date(expiresAt).toISOString(),
    evidence ? `${evidence.cause}, ${evidence.deliveryId}` : '',
  ]);
  return table(columns, rows);
}

async function add(addresses: readonly string[], options: AddOptions, console: Console, api: SuppressionsApi) {
  const { tenant, reason, expires } = options;
  const until = expires === undefined ? {} : { expires_at: expires };
  let added = 0;
  let unchanged = 0;
  for (let from = 0; from < addresses.length; from += PAGE) {
    const entries = addresses.slice(from, from + PAGE).map((address) => ({ address, reason, ...until }));
    const answer = await api.add(tenant, entries);
    refuse(addresses, from, answer.refused);
    added += answer.added;
    unchanged += answer.unchanged;
  }
  const before = unchanged === 0 ? '' : `, ${counted(unchanged, 'one was', 'were')} already`;
  console.print(`${counted(added, 'address is', 'addresses are')} suppressed now${before}`);
}

async function remove(
  addresses: readonly string[],
  tenant: string | undefined,
  console: Console,
  api: SuppressionsApi,
) {
  let removed = 0;
  for (let from = 0; from < addresses.length; from += PAGE) {
    const answer = await api.remove(tenant, addresses.slice(from, from + PAGE));
    refuse(addresses, from, answer.refused);
    removed += answer.removed;
  }
  const rest = addresses.length - removed;
  if (rest > 0 && removed === 0) throw new UserError('none of these is suppressed');
  const others = rest === 0 ? '' : `, ${counted(rest, 'one was', 'were')} not`;
  console.print(`${counted(removed, 'address is', 'addresses are')} suppressed no more${others}`);
}

function refuse(addresses: readonly string[], from: number, refused: readonly { index: number; message: string }[]) {
  if (refused.length === 0) return;
  throw new UserError(refused.map(({ index, message }) => `${addresses[from + index]}: ${message}`).join('\n'));
}
