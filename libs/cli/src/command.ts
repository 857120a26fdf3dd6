import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { AdminApi } from './api/admin-api.ts';
import { type Endpoint, HttpClient } from './api/http-client.ts';
import { PlatformApi } from './api/platform-api.ts';
import { SuppressionsApi } from './api/suppressions-api.ts';
import { WarmupsApi } from './api/warmups-api.ts';
import { addDomain } from './commands/domain.ts';
import { addEvents } from './commands/events.ts';
import { addKeys } from './commands/keys.ts';
import { addPolicy } from './commands/policy.ts';
import { addRebuild } from './commands/rebuild.ts';
import { addReply } from './commands/reply.ts';
import { addDeferrals, addReputation } from './commands/reputation.ts';
import { addRun } from './commands/run.ts';
import { addSend } from './commands/send.ts';
import { addStatus } from './commands/status.ts';
import { addSuppression } from './commands/suppression.ts';
import { addTenants } from './commands/tenants.ts';
import { addTimeline } from './commands/timeline.ts';
import { addTopics } from './commands/topics.ts';
import { addTrace } from './commands/trace.ts';
import { addWarmup } from './commands/warmup.ts';
import { addWebhook } from './commands/webhook.ts';
import { addWhy } from './commands/why.ts';
import { type Console, UserError } from './console.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

const EPILOGUE = `
The platform and its key are taken from the environment unless given as options:
  PENSTOCK_URL        ${DEFAULT_URL} if unset
  PENSTOCK_QUERY_URL  that of the projector, where the services run apart; PENSTOCK_URL is ingest's then
  PENSTOCK_API_KEY    the key; the platform prints one when it first starts without one of your own

Examples:
  $ penstock send --to ann@gmail.com --subject Hello --text 'First mail'
  $ penstock timeline <message id>
  $ penstock status
  $ penstock keys create --tenant acme --label newsletter
  $ penstock domain add example.com --tenant acme`;

/** Answers the exit code: 0, or 1 for what went wrong (and was said). */
export async function runCommand(args: readonly string[], console: Console): Promise<number> {
  try {
    await program(console).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof UserError)) throw error;
    console.complain(error.message);
    return 1;
  }
}

function program(console: Console): Command {
  const root = bareCommand(console);
  addSend(root, console, api);
  addTimeline(root, console, api);
  addWhy(root, console, api);
  addTrace(root, console, api);
  addStatus(root, console, api);
  addReputation(root, console, api);
  addDeferrals(root, console, api);
  addEvents(root, console, platform);
  addRebuild(root, console, platform);
  addKeys(root, console, admin);
  addTenants(root, console, admin);
  addDomain(root, console, admin);
  addWebhook(root, console, admin);
  addSuppression(root, console, () => new SuppressionsApi(client()));
  addWarmup(root, console, () => new WarmupsApi(client()));
  addPolicy(root, console, admin);
  addReply(root, console);
  addRun(root, console);
  addTopics(root, console, () => import('@penstock/adapter-kafka'));
  return root;

  function api(): PlatformApi {
    return new PlatformApi(client('query'), client());
  }

  /** The running platform, or the folder of one that does not run. */
  async function platform<T>(dataDir: string | undefined, work: (api: PlatformApi) => Promise<T>): Promise<T> {
    if (dataDir === undefined) return work(api());
    const folder = await console.openFolder?.(dataDir);
    if (!folder) throw new UserError('--data-dir: there are no folders here');
    try {
      return await work(new PlatformApi(new HttpClient(folder.endpoint)));
    } finally {
      await folder.close();
    }
  }

  function admin(): AdminApi {
    return new AdminApi(client());
  }

  function client(what?: 'query'): HttpClient {
    return new HttpClient(endpointOf(root.opts<EndpointOptions>(), console.environment, what));
  }
}

/** The command without its commands. */
function bareCommand(console: Console): Command {
  return new Command('penstock')
    .description('Sends mail through a running Penstock platform and shows what became of it.')
    .option('--url <url>', `address of the platform (default: PENSTOCK_URL, else ${DEFAULT_URL})`)
    .option(
      '--query-url <url>',
      'address of what answers questions (default: PENSTOCK_QUERY_URL, else that of the platform)',
    )
    .option('--key <key>', 'API key (default: PENSTOCK_API_KEY)')
    .version(version(), '--version', 'show the version of this command')
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .showHelpAfterError('With --help the command says what it takes.')
    .configureOutput({
      writeOut: (text) => console.print(text.trimEnd()),
      writeErr: (text) => console.complain(text.trimEnd()),
    });
}

interface EndpointOptions {
  readonly url?: string;
  readonly queryUrl?: string;
  readonly key?: string;
}

/** Apart, the projector answers questions and ingest does the rest; in one process they are the same. */
function endpointOf(
  { url, queryUrl, key }: EndpointOptions,
  environment: Console['environment'],
  what: 'query' | undefined,
): Endpoint {
  // Whoever names a platform means all of it.
  const elsewhere = queryUrl ?? (url === undefined ? environment.PENSTOCK_QUERY_URL : undefined);
  const platform = url ?? environment.PENSTOCK_URL ?? DEFAULT_URL;
  const address = (what === 'query' ? elsewhere : undefined) ?? platform;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new UserError(`${address} is no address; expected something like ${DEFAULT_URL}`);
  }
  return { url: address.replace(/\/+$/, ''), key: key ?? environment.PENSTOCK_API_KEY };
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}
