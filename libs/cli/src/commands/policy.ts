import { checkPolicy, policyDifference } from '@penstock/policy';
import type { Command } from 'commander';
import type { AdminApi } from '../api/admin-api.ts';
import { type Console, UserError } from '../console.ts';
import { composeFiles, readPolicyFile } from '../policy/policy-files.ts';
import { recipientHosts } from '../policy/recipient-hosts.ts';
import { keysText } from '../rendering/policy-keys-text.ts';
import { checkText, differenceText, explainText } from '../rendering/policy-text.ts';

const EXIT_CODES = `
Exit codes: 0 where the files are a policy, whatever is warned of; 1 where they are none or cannot be read; with
--strict also 1 where a key is unknown.`;

export function addPolicy(root: Command, console: Console, api: () => AdminApi): void {
  const policy = root.command('policy').description('check, explain, compare and change what holds for all mail');
  policy
    .command('apply')
    .description(
      'make the files, a later one over an earlier one, the policy of record; needs a key with scope operate',
    )
    .argument('<files...>', 'TOML; the same policy twice is nothing')
    .action((files: string[]) => apply(files, console, api()));
  policy
    .command('check')
    .description(
      'say what is wrong with policy files, where, and what would be right; KumoMTA’s shaping files are policies',
    )
    .argument('<files...>', 'TOML; a later one stands over an earlier one')
    .option('--strict', 'unknown keys are errors')
    .addHelpText('after', EXIT_CODES)
    .action((files: string[], options: { strict?: boolean }) => check(files, options.strict ?? false, console));
  policy
    .command('explain')
    .description('show each value that holds for mail to a domain, and the block it comes from')
    .argument('<domain>', 'of a recipient')
    .option('--source <name>', 'the source it goes from')
    .option('--config <files...>', 'TOML (default: the policy of record)')
    .option('--mx <hosts>', 'its mail hosts, separated by commas, instead of asking DNS')
    .action((domain: string, options: ExplainOptions) => explain(domain, options, console, api));
  policy
    .command('diff')
    .description('show what a policy file says that another does not')
    .argument('<old>', 'TOML, or "record" for the policy of record')
    .argument('<new>', 'TOML, or "record"')
    .action((before: string, after: string) => diff(before, after, console, api));
  policy
    .command('keys')
    .description('list what can be written in a policy file, and what holds where it is not')
    .argument('[block]', 'such as provider or warmup (default: all)')
    .action((block: string | undefined) => console.print(keysText(block)));
}

interface ExplainOptions {
  readonly source?: string;
  readonly config?: readonly string[];
  readonly mx?: string;
}

async function apply(files: readonly string[], console: Console, api: AdminApi): Promise<void> {
  const { text, checked, told } = composeFiles(files);
  if (!checked.policy) throw new UserError(told.join('\n'));
  for (const warning of told) console.complain(warning);
  const { version, changed } = await api.applyPolicy(text);
  console.print(changed ? `policy ${version} holds now` : `policy ${version} holds already`);
}

function check(files: readonly string[], isStrict: boolean, console: Console): void {
  const { checked, told } = composeFiles(files);
  console.print(checkText(checked, told));
  if (!checked.policy) throw new UserError(`${files.join(', ')}: no policy`);
  const { ignored } = checked.keys;
  if (isStrict && ignored.length > 0) throw new UserError(`${ignored.length} unknown key(s): ${ignored.join(', ')}`);
}

async function explain(domain: string, options: ExplainOptions, console: Console, api: () => AdminApi): Promise<void> {
  const { policy } = options.config ? composeFiles(options.config).checked : checkPolicy((await api().policy()).text);
  if (!policy) throw new UserError('that is no policy: penstock policy check says why');
  const { source } = options;
  if (source !== undefined && !policy.sources.has(source)) {
    throw new UserError(`there is no source "${source}"; there is ${[...policy.sources.keys()].join(', ')}`);
  }
  const hosts = await recipientHosts(domain, policy, options.mx?.split(','), console);
  console.print(explainText(policy, { domain: domain.toLowerCase(), source, hosts }));
}

async function diff(before: string, after: string, console: Console, api: () => AdminApi): Promise<void> {
  const textOf = async (name: string) => (name === 'record' ? (await api().policy()).text : readPolicyFile(name));
  console.print(differenceText(policyDifference(await textOf(before), await textOf(after))));
}
