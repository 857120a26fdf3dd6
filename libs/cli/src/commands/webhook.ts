import type { Command } from 'commander';
import type { AdminApi, WebhookView } from '../api/admin-api.ts';
import { type Console, UserError } from '../console.ts';
import { table } from '../rendering/table.ts';

interface WebhookOptions {
  readonly tenant?: string;
  readonly events?: string;
  readonly new?: boolean;
  readonly json?: boolean;
}

export function addWebhook(root: Command, console: Console, api: () => AdminApi): void {
  const webhook = root
    .command('webhook')
    .description('tell a tenant over HTTPS what becomes of its mail (needs a key with scope operate)');
  webhook
    .command('set')
    .description('post events to this address from now on, and print the key they are verified with')
    .argument('<url>', 'such as https://example.com/hook')
    .option('--tenant <name>', 'whose events (default: the tenant of the API key)')
    .option('--events <list>', 'some of processed,deferred,delivered,bounce,dropped (default: all)')
    .option('--json', 'print JSON')
    .action((url: string, options: WebhookOptions) => set(url, options, console, api()));
  webhook
    .command('list')
    .description('show every webhook')
    .option('--json', 'print JSON')
    .action((options: WebhookOptions) => list(options, console, api()));
  webhook
    .command('remove')
    .description('post nothing more')
    .argument('<tenant>')
    .action(async (tenant: string) => {
      await api().removeWebhook(tenant);
      console.print(`removed the webhook of ${tenant}`);
    });
  webhook
    .command('test')
    .description('post one event about no mail; the exit code is 1 unless it was taken')
    .argument('<tenant>')
    .action((tenant: string) => test(tenant, console, api()));
  webhook
    .command('key')
    .description('print the public key that verifies the signatures')
    .argument('<tenant>')
    .option('--new', 'sign with a new key from now on')
    .action((tenant: string, options: WebhookOptions) => key(tenant, options, console, api()));
}

async function set(url: string, options: WebhookOptions, console: Console, api: AdminApi): Promise<void> {
  const { tenant, events } = options;
  const view = await api.setWebhook({ url, tenant, events: events?.split(',').map((name) => name.trim()) });
  if (options.json) return console.print(JSON.stringify(view));
  console.print(`Events of tenant ${view.tenant} (${view.events.join(', ')}) go to ${view.url}.`);
  console.print(`They are signed; this key verifies them:\n\n${view.publicKey}\n`);
  console.print(`Then try it: penstock webhook test ${view.tenant}`);
}

async function list({ json }: WebhookOptions, console: Console, api: AdminApi): Promise<void> {
  const all = await api.webhooks();
  if (json) return console.print(JSON.stringify(all));
  if (all.length === 0) return console.print('No webhooks.');
  const columns = ['tenant', 'url', 'events', 'set at'].map((title) => ({ title }));
  const rows = all.map(({ tenant, url, events, setAt }) => [
    tenant,
    url,
    events.join(','),
    new Date(setAt).toISOString(),
  ]);
  console.print(table(columns, rows));
}

async function test(tenant: string, console: Console, api: AdminApi): Promise<void> {
  const { url, taken, status, reason } = await api.testWebhook(tenant);
  const answer = status === undefined ? reason : `it answered ${status}`;
  if (!taken) throw new UserError(`${url} did not take the event: ${answer}`);
  console.print(`${url} took the event: ${answer}`);
}

async function key(tenant: string, options: WebhookOptions, console: Console, api: AdminApi): Promise<void> {
  const view = await found(tenant, api);
  const { url, events } = view;
  const shown = options.new ? await api.setWebhook({ tenant, url, events, new_key: true }) : view;
  console.print(shown.publicKey);
}

async function found(tenant: string, api: AdminApi): Promise<WebhookView> {
  const view = (await api.webhooks()).find((each) => each.tenant === tenant);
  if (!view) throw new UserError(`${tenant} has no webhook; penstock webhook list shows those there are`);
  return view;
}
