import type { Command } from 'commander';
import type { AdminApi, DomainView } from '../api/admin-api.ts';
import { type Console, UserError } from '../console.ts';
import { checkText } from '../rendering/domain-text.ts';
import { table } from '../rendering/table.ts';

interface DomainOptions {
  readonly tenant?: string;
  readonly json: boolean;
}

export function addDomain(root: Command, console: Console, api: () => AdminApi): void {
  const domain = root
    .command('domain')
    .description('add, check, list and remove sending domains (needs a key with scope operate)');
  domain
    .command('add')
    .description('make DKIM keys for a domain and print the DNS records to publish; added again, print them again')
    .argument('<domain>', 'such as example.com')
    .option('--tenant <name>', 'who sends from it (default: the tenant of the API key)')
    .option('--json', 'print JSON')
    .action((name: string, options: DomainOptions) => add(name, options, console, api()));
  domain
    .command('check')
    .description('look each record up; the exit code is 1 unless all are there and right')
    .argument('<domain>')
    .option('--json', 'print JSON')
    .action((name: string, options: DomainOptions) => check(name, options, console, api()));
  domain
    .command('list')
    .description('show every sending domain')
    .option('--tenant <name>', 'only those of this tenant')
    .option('--json', 'print JSON')
    .action((options: DomainOptions) => list(options, console, api()));
  domain
    .command('remove')
    .description('send from it no more; its keys are gone')
    .argument('<domain>')
    .option('--tenant <name>', "refuse unless it is this tenant's")
    .action(async (name: string, options: DomainOptions) => {
      await api().removeDomain(name, options.tenant);
      console.print(`removed ${name}`);
    });
}

async function add(name: string, options: DomainOptions, console: Console, api: AdminApi): Promise<void> {
  const view = await api.addDomain(name, options.tenant);
  if (options.json) return console.print(JSON.stringify(view));
  const { domain, tenant, added, records, notes } = view;
  console.print(`${domain} ${added ? 'is now' : 'was already'} a sending domain of tenant ${tenant}.`);
  console.print(`Publish these DNS records:\n\n${zoneOf(records)}\n`);
  for (const note of notes) console.print(note);
  console.print(`Then look: penstock domain check ${domain}`);
}

function zoneOf(records: DomainView['records']): string {
  return records.map(({ zone }) => zone).join('\n');
}

async function check(name: string, { json }: DomainOptions, console: Console, api: AdminApi): Promise<void> {
  const checked = await api.checkDomain(name);
  console.print(json ? JSON.stringify(checked) : checkText(checked));
  const wrong = checked.records.filter(({ status }) => status !== 'ok').length;
  if (wrong > 0)
    throw new UserError(`${wrong} of ${checked.records.length} records of ${checked.domain} are not right`);
}

async function list(options: DomainOptions, console: Console, api: AdminApi): Promise<void> {
  const all = await api.domains();
  const shown = options.tenant === undefined ? all : all.filter(({ tenant }) => tenant === options.tenant);
  if (options.json) return console.print(JSON.stringify(shown));
  if (shown.length === 0) return console.print('No sending domains: everybody sends from any domain, unsigned.');
  const columns = ['domain', 'tenant', 'return path', 'selectors', 'added at'].map((title) => ({ title }));
  const rows = shown.map(({ domain, tenant, returnPath, selectors, addedAt }) => [
    domain,
    tenant,
    returnPath,
    selectors.join(','),
    new Date(addedAt).toISOString(),
  ]);
  console.print(table(columns, rows));
}
