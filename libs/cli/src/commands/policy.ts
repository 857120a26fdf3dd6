import { readFileSync } from 'node:fs';
import { checkPolicy, formatProblem } from '@penstock/policy';
import type { Command } from 'commander';
import type { AdminApi } from '../api/admin-api.ts';
import { type Console, UserError } from '../console.ts';

export function addPolicy(root: Command, console: Console, api: () => AdminApi): void {
  const policy = root.command('policy').description('change what holds for all mail (needs a key with scope operate)');
  policy
    .command('apply')
    .description('make a policy file the policy of record; the same one twice is nothing')
    .argument('<file>', 'TOML')
    .action((file: string) => apply(file, console, api()));
}

async function apply(file: string, console: Console, api: AdminApi): Promise<void> {
  const text = readText(file);
  const { policy, problems } = checkPolicy(text);
  const told = problems.map((problem) => `${file}: ${formatProblem(problem)}`);
  if (!policy) throw new UserError(told.join('\n'));
  for (const warning of told) console.complain(`warning: ${warning}`);
  const { version, changed } = await api.applyPolicy(text);
  console.print(changed ? `policy ${version} holds now` : `policy ${version} holds already`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`${file} cannot be read (${code})`);
  }
}
