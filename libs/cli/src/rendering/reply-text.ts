import type { Disposition, Phase, Scope, Verdict } from '@penstock/events';
import { isSourceBlocked } from '@penstock/events';
import type { ReplyExplanation } from '@penstock/mail';
import { duration } from './quantities.ts';

const ABOUT: Readonly<Record<Scope, string>> = {
  recipient: 'this recipient only',
  message: 'this message',
  sending_domain: "the sender's domain",
  source: 'the sending IP address, wherever it sends',
  path: 'the sending IP address at this receiver',
  host: 'the receiving host',
};

const FOLLOWS: Readonly<Record<Disposition, string>> = {
  deliver: 'delivered',
  defer: 'deferred, and tried again until max_age',
  bounce: 'bounced, and not tried again',
  unknown: 'nobody knows whether it arrived',
};

const KNOWN_BY: Readonly<Record<ReplyExplanation['knownBy'], string>> = {
  provider_rule: 'a reviewed rule of the provider',
  words: 'its words',
  status_code: 'its status code (RFC 3463)',
  basic_code: 'its basic code alone (RFC 5321)',
};

export function explanationText(explanation: ReplyExplanation, phase: Phase): string {
  const { reply, verdict, means, knownBy, rule, comeBackMs } = explanation;
  const rows: [string, string | undefined][] = [
    ['cause', `${verdict.cause}: ${means}`],
    ['about', `${verdict.scope}: ${ABOUT[verdict.scope]}`],
    ['so it is', followsText(verdict)],
    ['asks for', comeBackMs === undefined ? undefined : `a wait of ${duration(comeBackMs)}`],
    ['known by', `${KNOWN_BY[knownBy]}, confidence ${verdict.confidence}`],
    ['rule', rule && `${rule.name}: ${rule.meaning}`],
    ['from', rule?.source],
  ];
  const lines = rows.flatMap(([title, text]) => (text === undefined ? [] : [`  ${title.padEnd(9)} ${text}`]));
  const said = [reply.code, reply.enhanced, reply.text].filter((part) => part !== undefined && part !== '').join(' ');
  return [`${said} (${phase})`, ...lines].join('\n');
}

function followsText(verdict: Verdict): string {
  const follows = FOLLOWS[verdict.disposition];
  if (!isSourceBlocked(verdict) || verdict.disposition !== 'bounce') return follows;
  return `${follows}; deferred instead where another source of the pool may take it, once`;
}
