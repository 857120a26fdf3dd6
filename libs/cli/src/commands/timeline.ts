import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Console } from '../console.ts';
import { deliveriesText, timelineText } from '../rendering/timeline-text.ts';
import { follow } from './follow.ts';

export function addTimeline(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('timeline')
    .description('show every fact about a delivery in its order, or the deliveries of a message')
    .argument('<id>', 'a delivery id (messageId.index.partition) or a message id')
    .option('--follow', 'of a message: show facts as they come until all is settled')
    .action((id: string, options: { follow: boolean }) => timeline(id, options.follow, console, api()));
}

async function timeline(id: string, followed: boolean, console: Console, api: PlatformApi): Promise<void> {
  // Only a delivery id has dots.
  if (id.includes('.')) return console.print(timelineText(await api.timeline(id), Date.now()));
  if (followed) return follow(id, console, api);
  const deliveries = await api.deliveries(id);
  const [only, ...others] = deliveries;
  if (only && others.length === 0) return console.print(timelineText(await api.timeline(only.deliveryId), Date.now()));
  console.print(deliveriesText(deliveries, Date.now()));
}
