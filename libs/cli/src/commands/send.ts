import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import type { Console } from '../console.ts';
import { follow } from './follow.ts';

interface SendOptions {
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly follow: boolean;
}

export function addSend(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('send')
    .description('send one mail')
    .requiredOption('--to <addresses...>', 'recipients; each gets a mail of its own')
    .option('--from <address>', 'sender', 'demo@sender.sandbox')
    .option('--subject <text>', 'subject', 'A mail from penstock send')
    .option('--text <text>', 'body', 'Sent with penstock send.')
    .option('--html <html>', 'HTML body beside the text')
    .option('--follow', 'show every fact until the mail is settled')
    .action((options: SendOptions) => send(options, console, api()));
}

async function send(options: SendOptions, console: Console, api: PlatformApi): Promise<void> {
  const messageId = await api.send(mailOf(options));
  console.print(`accepted as ${messageId}`);
  if (options.follow) await follow(messageId, console, api);
  else console.print(`follow it: penstock timeline ${messageId}`);
}

/** SendGrid's v3 body. */
function mailOf({ to, from, subject, text, html }: SendOptions): object {
  return {
    personalizations: to.map((email) => ({ to: [{ email }] })),
    from: { email: from },
    subject,
    content: [{ type: 'text/plain', value: text }, ...(html === undefined ? [] : [{ type: 'text/html', value: html }])],
  };
}
