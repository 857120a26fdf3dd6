import type { Command } from 'commander';
import type { HttpClient } from '../api/http-client.ts';
import { type Console, UserError } from '../console.ts';
import { follow } from './follow.ts';

interface SendOptions {
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly follow: boolean;
}

export function addSend(root: Command, console: Console, client: () => HttpClient): void {
  root
    .command('send')
    .description('send one mail')
    .requiredOption('--to <addresses...>', 'recipients; each gets a mail of its own')
    .option('--from <address>', 'sender', 'demo@sender.sandbox')
    .option('--subject <text>', 'subject', 'A mail from penstock send')
    .option('--text <text>', 'body', 'Sent with penstock send.')
    .option('--html <html>', 'HTML body beside the text')
    .option('--follow', 'show every fact until the mail is settled', false)
    .action((options: SendOptions) => send(options, console, client()));
}

async function send(options: SendOptions, console: Console, client: HttpClient): Promise<void> {
  const answer = await client.post('/v3/mail/send', mailOf(options));
  const messageId = answer.headers.get('x-message-id');
  if (messageId === null) throw new UserError('the platform took the mail but named no message id');
  console.print(`accepted as ${messageId}`);
  if (options.follow) await follow(messageId, console, client);
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
