import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Why } from '../api/views.ts';
import { type Console, UserError } from '../console.ts';
import { duration } from '../rendering/quantities.ts';

export function addWhy(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('why')
    .description('say why a delivery went when and where it did, or why it waits and until when')
    .argument('<id>', 'a delivery id (messageId.index.partition), or the id of a message with one delivery')
    .option('--json', 'print JSON')
    .action((id: string, { json = false }: { json?: boolean }) => why(id, json, console, api()));
}

async function why(id: string, json: boolean, console: Console, api: PlatformApi): Promise<void> {
  const told = await api.why(await deliveryOf(id, api));
  console.print(json ? JSON.stringify(told) : whyText(told, Date.now()));
}

/** Only a delivery id has dots. */
async function deliveryOf(id: string, api: PlatformApi): Promise<string> {
  if (id.includes('.')) return id;
  const [only, ...others] = await api.deliveries(id);
  if (only && others.length === 0) return only.deliveryId;
  throw new UserError(`the message has several deliveries: name one of those that penstock timeline ${id} shows`);
}

function whyText({ deliveryId, answer, attempts, waiting }: Why, now: number): string {
  const lines = [`delivery ${deliveryId}`, '', answer];
  const { expectedAt } = waiting ?? {};
  if (expectedAt !== undefined && expectedAt > now) lines.push(`That is in ${duration(expectedAt - now)}.`);
  for (const { at, attempt, release, because, outcome } of attempts) {
    lines.push(
      '',
      `${new Date(at).toISOString()}  attempt ${attempt}${release === attempt ? '' : `, release ${release}`}`,
    );
    lines.push(...because.map((sentence) => `  ${sentence}`));
    lines.push(outcome ? `  ${new Date(outcome.at).toISOString()} ${outcome.type}: ${outcome.text}` : '  It is open.');
  }
  return lines.join('\n');
}
