import { type Command, Option } from 'commander';
import type { AdminApi, KeyView } from '../api/admin-api.ts';
import type { Console } from '../console.ts';
import { table } from '../rendering/table.ts';

interface CreateOptions {
  readonly tenant: string;
  readonly class: string;
  readonly operate: boolean;
  readonly label?: string;
  readonly json: boolean;
}

export function addKeys(root: Command, console: Console, api: () => AdminApi): void {
  const keys = root.command('keys').description('make, list and revoke API keys (needs a key with scope operate)');
  keys
    .command('create')
    .description('make a key for a tenant; it is shown this once. A tenant that is not there yet is added')
    .requiredOption('--tenant <name>', 'whose mail is sent with it')
    .addOption(
      new Option('--class <class>', 'traffic class of that mail').choices(['bulk', 'transactional']).default('bulk'),
    )
    .option('--operate', "may also read everybody's lanes and counters, and administer")
    .option('--label <text>', 'what it is for')
    .option('--json', 'print JSON')
    .action((options: CreateOptions) => create(options, console, api()));
  keys
    .command('list')
    .description('show every key that works, never the key itself')
    .option('--tenant <name>', 'only those of this tenant')
    .option('--json', 'print JSON')
    .action((options: { tenant?: string; json: boolean }) => list(options, console, api()));
  keys
    .command('revoke')
    .description('end a key: it stops working at once')
    .argument('<id>', 'as keys list shows it, such as k_abcdefghijkl')
    .action(async (id: string) => {
      await api().revokeKey(id);
      console.print(`revoked ${id}`);
    });
}

async function create(options: CreateOptions, console: Console, api: AdminApi): Promise<void> {
  const { tenant, operate, label, json } = options;
  const scopes = operate ? ['mail', 'operate'] : ['mail'];
  const made = await api.createKey({ tenant, class: options.class, scopes, label });
  if (json) return console.print(JSON.stringify(made));
  console.print(`${made.key}\n`);
  console.print(`Key ${made.id} of tenant ${tenant}: ${options.class} mail, scopes ${scopes.join(', ')}.`);
  console.print('It is not shown again and cannot be read back: keep it now.');
}

async function list(options: { tenant?: string; json: boolean }, console: Console, api: AdminApi): Promise<void> {
  const all = await api.keys();
  const shown = options.tenant === undefined ? all : all.filter(({ tenant }) => tenant === options.tenant);
  if (options.json) return console.print(JSON.stringify(shown));
  if (shown.length === 0) return console.print('No keys here; those of the settings are not listed.');
  const columns = ['id', 'tenant', 'class', 'scopes', 'label', 'created at'].map((title) => ({ title }));
  console.print(table(columns, shown.map(row)));
}

function row({ id, tenant, class: trafficClass, scopes, label, createdAt }: KeyView): readonly string[] {
  return [id, tenant, trafficClass, scopes.join(','), label ?? '', new Date(createdAt).toISOString()];
}
