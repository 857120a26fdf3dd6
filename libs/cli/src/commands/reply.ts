import { PHASES, type Phase } from '@penstock/events';
import { explainReply, providersWithRules } from '@penstock/mail';
import { type Command, Option } from 'commander';
import { type Console, UserError } from '../console.ts';
import { explanationText } from '../rendering/reply-text.ts';

interface ExplainOptions {
  readonly provider?: string;
  readonly host?: string;
  readonly phase: Phase;
  readonly json?: boolean;
}

const EXAMPLE = `
Example:
  $ penstock reply explain "421 4.7.28 Gmail has detected an unusual rate of email" --provider gmail`;

/** Asks no platform: the rules are part of the command. */
export function addReply(root: Command, console: Console): void {
  root
    .command('reply')
    .description('say what replies of receivers mean')
    .command('explain')
    .description('say what a reply is understood to mean, by which rule, and what follows for the mail')
    .argument('<reply...>', 'the reply as the receiver gave it; lines of a long one may be separated by line breaks')
    .option('--provider <name>', 'who gave it, as the policy calls the provider, such as gmail')
    .option('--host <name>', 'the host that gave it: tells the provider where --provider does not')
    .addOption(new Option('--phase <phase>', 'what it answered').choices(PHASES).default('rcpt'))
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action((words: readonly string[], options: ExplainOptions) => explain(words.join(' '), options, console));
}

function explain(text: string, { provider, host, phase, json }: ExplainOptions, console: Console): void {
  const known = providersWithRules();
  const explanation = explainReply(text.trim().split(/\r?\n/), { phase, provider, host });
  if (explanation.reply.code === 0) {
    throw new UserError(`${explanation.reply.text} is no reply; one begins with its code, such as 550`);
  }
  if (provider !== undefined && !known.includes(provider.toLowerCase())) {
    console.complain(
      `There are no rules of ${provider}'s own, only those for everybody; there are for ${known.join(', ')}`,
    );
  }
  console.print(json ? JSON.stringify(explanation) : explanationText(explanation, phase));
}
