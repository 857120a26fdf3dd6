/** Who a message says it is from: From, and Sender where it has one (RFC 5322 section 3.6.2). */
import { headerMailboxes } from '@penstock/mail';
import type { SenderRules } from './sender-rules.ts';

export interface MessageAuthors {
  /** The values of all its From fields; there should be one. */
  readonly from: readonly string[];
  readonly sender: readonly string[];
}

export type SenderVerdict =
  | { readonly ok: true; readonly returnPath?: string }
  | { readonly ok: false; readonly field: 'From' | 'Sender'; readonly message: string };

const READABLE = 'must name one or more addresses in a form that every receiver reads alike';

/** Whether the tenant may send a message with these authors, and where its bounces go then. */
export function judgeAuthors(rules: SenderRules, tenant: string, { from, sender }: MessageAuthors): SenderVerdict {
  if (!rules.concern(tenant)) return { ok: true };
  const strict = rules.restrict(tenant);
  if (strict && from.length !== 1) {
    return { ok: false, field: 'From', message: from.length === 0 ? 'is missing' : 'is there more than once' };
  }
  if (strict && sender.length > 1) return { ok: false, field: 'Sender', message: 'is there more than once' };
  const refused = refusal(rules, tenant, 'From', from) ?? refusal(rules, tenant, 'Sender', sender);
  if (refused) return refused;
  const author = headerMailboxes(from[0] ?? '')?.[0]?.domain;
  const returnPath = author === undefined ? undefined : rules.returnPath(tenant, author);
  return returnPath === undefined ? { ok: true } : { ok: true, returnPath };
}

function refusal(
  rules: SenderRules,
  tenant: string,
  field: 'From' | 'Sender',
  values: readonly string[],
): SenderVerdict | undefined {
  for (const value of values) {
    const mailboxes = headerMailboxes(value);
    // Nobody can tell whose domain that is; it is refused where only certain ones may be used.
    if (!mailboxes && rules.restrict(tenant)) return { ok: false, field, message: READABLE };
    const foreign = mailboxes?.find(({ domain }) => !rules.maySendFrom(tenant, domain));
    if (foreign) return { ok: false, field, message: foreignDomainText(foreign.domain) };
  }
  return undefined;
}

/** Follows the name of the field. */
export function foreignDomainText(domain: string): string {
  return `uses ${domain}, which is not a sending domain of yours: use one that is, or add it with "penstock domain add"`;
}
