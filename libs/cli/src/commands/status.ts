import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Console } from '../console.ts';
import { lanesText, providersText, readinessText, sourcesText } from '../rendering/status-text.ts';

const MINUTES = '60';
const LANES = '20';

export function addStatus(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('status')
    .description('show whether the platform is ready, what became of the mail, what waits and why')
    .option('--minutes <n>', 'count the last minutes', MINUTES)
    .option('--lanes <n>', 'lanes shown, the longest first', LANES)
    .action((options: { minutes: string; lanes: string }) => status(options, console, api()));
}

async function status(options: { minutes: string; lanes: string }, console: Console, api: PlatformApi): Promise<void> {
  console.print(`platform: ${readinessText(await api.readiness())}`);
  const [providers, sources, lanes] = await Promise.all([
    api.providers(Number(options.minutes)),
    api.sources(Number(options.minutes)),
    api.lanes(Number(options.lanes)),
  ]);
  const now = Date.now();
  console.print(`\n${providersText(providers)}`);
  console.print(`\n${sourcesText(sources, now)}`);
  console.print(`\n${lanesText(lanes, now)}`);
}
