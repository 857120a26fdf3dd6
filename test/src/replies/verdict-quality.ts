/** How well verdicts agree with the labels: precision, recall, and what is taken for what. */
import type { Verdict } from '@penstock/events';
import { classifyReply, parseReply } from '@penstock/mail';
import type { LabelledReply } from './labelled-replies.ts';

export interface Judgement {
  readonly label: LabelledReply;
  readonly verdict: Verdict;
}

export function judge(labels: readonly LabelledReply[]): readonly Judgement[] {
  return labels.map((label) => {
    const { phase, provider } = label;
    return { label, verdict: classifyReply(parseReply([label.line]), { phase, provider }) };
  });
}

/** Shares from 0 to 1 of the judgements whose verdict says the same as the label. */
export interface Agreement {
  readonly replies: number;
  readonly cause: number;
  readonly scope: number;
  readonly disposition: number;
}

export function agreement(judgements: readonly Judgement[]): Agreement {
  const share = (same: (judgement: Judgement) => boolean) => judgements.filter(same).length / judgements.length;
  return {
    replies: judgements.length,
    cause: share(({ label, verdict }) => label.cause === verdict.cause),
    scope: share(({ label, verdict }) => label.scope === verdict.scope),
    disposition: share(({ label, verdict }) => label.disposition === verdict.disposition),
  };
}

export interface Quality {
  readonly name: string;
  /** How many are labelled so. */
  readonly labelled: number;
  /** Of those whose verdict says so, the share that is labelled so; undefined where no verdict does. */
  readonly precision: number | undefined;
  /** Of those labelled so, the share whose verdict says so. */
  readonly recall: number;
}

type Naming = (what: { readonly cause: string; readonly disposition: string }) => string;

/** By cause, or by whatever else is read off labels and verdicts alike; the most frequent first. */
export function qualities(judgements: readonly Judgement[], naming: Naming): readonly Quality[] {
  const names = [...new Set(judgements.map(({ label }) => naming(label)))];
  return names
    .map((name) => {
      const labelled = judgements.filter(({ label }) => naming(label) === name);
      const said = judgements.filter(({ verdict }) => naming(verdict) === name);
      const right = labelled.filter(({ verdict }) => naming(verdict) === name).length;
      const precision = said.length === 0 ? undefined : right / said.length;
      return { name, labelled: labelled.length, precision, recall: right / labelled.length };
    })
    .sort((a, b) => b.labelled - a.labelled || (a.name < b.name ? -1 : 1));
}

/** Rows are labels, columns verdicts. */
export interface Confusion {
  readonly names: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

export function confusion(judgements: readonly Judgement[], naming: Naming): Confusion {
  const names = qualities(judgements, naming).map(({ name }) => name);
  for (const { verdict } of judgements) if (!names.includes(naming(verdict))) names.push(naming(verdict));
  const counts = names.map((row) =>
    names.map(
      (column) => judgements.filter(({ label, verdict }) => naming(label) === row && naming(verdict) === column).length,
    ),
  );
  return { names, counts };
}

/** Causes that call for the same action are one family: what a mistake between two of them costs is little. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  address: [
    ...['user_unknown', 'bad_address', 'domain_unknown', 'null_mx', 'relay_denied', 'list_expansion'],
    ...['mailbox_moved', 'mailbox_disabled', 'mailbox_unavailable'],
  ],
  'mailbox full': ['mailbox_full'],
  greylisting: ['greylisted'],
  throttling: [
    ...['throttle_rate', 'throttle_connections', 'throttle_reputation', 'throttle_recipient', 'throttle_quota'],
    ...['connection_spent', 'too_many_recipients', 'server_busy'],
  ],
  'source blocked': ['blocked'],
  'source names': ['reverse_dns'],
  sender: ['bad_sender', 'domain_blocked', 'authentication'],
  content: ['content_rejected', 'message_too_big', 'conversion', 'smtputf8_unsupported'],
  policy: ['policy', 'refused'],
  session: ['credentials', 'tls_required', 'protocol', 'unsupported_feature', 'unexpected_reply'],
  'their system': [
    ...['system_problem', 'system_full', 'not_accepting', 'not_available', 'routing', 'routing_loop', 'no_answer'],
    ...['bad_connection', 'expired_there'],
  ],
};

export function familyOf({ cause }: { readonly cause: string }): string {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family]?.includes(cause)) ?? cause;
}
