import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Console } from '../console.ts';
import { deferralsText, reputationsText } from '../rendering/reputation-text.ts';
import { wholeNumber } from './whole-number.ts';

interface ReputationOptions {
  readonly tenant?: string;
  readonly source?: string;
  readonly provider?: string;
  readonly limit?: number;
}

export function addReputation(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('reputation')
    .description(
      'show what receivers think of your mail, 0 to 100 by provider; with a key of scope operate of every source and tenant',
    )
    .option('--tenant <name>', 'of this tenant alone')
    .option('--source <name>', 'of this source alone')
    .option('--provider <name>', 'at this provider alone')
    .option('--limit <n>', 'reputations shown', wholeNumber(1, 1_000))
    .action(async (options: ReputationOptions) => {
      console.print(reputationsText(await api().reputations(queryOf({ ...options }))));
    });
}

interface DeferralOptions extends ReputationOptions {
  readonly hours?: number;
  readonly to?: string;
  readonly by?: string;
}

export function addDeferrals(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('deferrals')
    .description(
      'show when which provider deferred mail of which source, by the hour, and why; with a key of scope operate of all tenants',
    )
    .option('--hours <n>', 'how many (default: 24)', wholeNumber(1, 168))
    .option('--to <time>', 'the last of them: an ISO time, or a time ago such as -6h (default: now)')
    .option('--by <parts>', 'what makes a row: one or more of hour,provider,source (default: all three)')
    .option('--tenant <name>', 'of this tenant alone')
    .option('--source <name>', 'of this source alone')
    .option('--provider <name>', 'of this provider alone')
    .option('--limit <n>', 'rows shown (default: 1000)', wholeNumber(1, 10_000))
    .action(async (options: DeferralOptions) => {
      console.print(deferralsText(await api().deferrals(queryOf({ ...options }))));
    });
}

function queryOf(options: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, String(value));
  return query;
}
