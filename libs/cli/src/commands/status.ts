import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Console } from '../console.ts';
import { lanesText, providersText, readinessText, sourcesText } from '../rendering/status-text.ts';
import { wholeNumber } from './whole-number.ts';

const MINUTES = 60;
const LANES = 20;

interface StatusOptions {
  readonly minutes: number;
  readonly lanes: number;
}

export function addStatus(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('status')
    .description(
      'show whether the platform is ready, what became of the mail, what waits and why (needs a key with scope operate)',
    )
    .option('--minutes <n>', 'count the last minutes', wholeNumber(1, 2_880), MINUTES)
    .option('--lanes <n>', 'lanes shown, the longest first', wholeNumber(1, 1_000), LANES)
    .action((options: StatusOptions) => status(options, console, api()));
}

async function status({ minutes, lanes: limit }: StatusOptions, console: Console, api: PlatformApi): Promise<void> {
  console.print(`platform: ${readinessText(await api.readiness())}`);
  const [providers, sources, lanes] = await Promise.all([
    api.providers(minutes),
    api.sources(minutes),
    api.lanes(limit),
  ]);
  const now = Date.now();
  console.print(`\n${providersText(providers)}`);
  console.print(`\n${sourcesText(sources, now)}`);
  console.print(`\n${lanesText(lanes, now)}`);
}
