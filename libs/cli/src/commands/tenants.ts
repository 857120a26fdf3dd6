import type { Command } from 'commander';
import type { AdminApi } from '../api/admin-api.ts';
import type { Console } from '../console.ts';
import { table } from '../rendering/table.ts';

export function addTenants(root: Command, console: Console, api: () => AdminApi): void {
  const tenants = root.command('tenants').description('add and list tenants (needs a key with scope operate)');
  tenants
    .command('list', { isDefault: true })
    .description('show every tenant with its keys and domains')
    .option('--json', 'print JSON')
    .action((options: { json: boolean }) => list(options.json, console, api()));
  tenants
    .command('add')
    .description('add a tenant, or name it anew')
    .argument('<name>', 'lower-case letters, digits, - and _, such as acme')
    .option('--name <text>', 'what people call it')
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: { name?: string; json: boolean }) => {
      const view = await api().setTenant(tenant, options.name);
      console.print(options.json ? JSON.stringify(view) : `tenant ${view.tenant} (${view.name})`);
    });
}

async function list(json: boolean, console: Console, api: AdminApi): Promise<void> {
  const tenants = await api.tenants();
  if (json) return console.print(JSON.stringify(tenants));
  if (tenants.length === 0) return console.print('No tenants here; those of keys in the settings are not listed.');
  const columns = [
    { title: 'tenant' },
    { title: 'name' },
    { title: 'keys', align: 'right' as const },
    { title: 'domains', align: 'right' as const },
  ];
  const rows = tenants.map(({ tenant, name, keys, domains }) => [tenant, name, String(keys), String(domains)]);
  console.print(table(columns, rows));
}
