/**
 * Reviewed rules: what receivers' words mean. First match wins; a rule that names providers speaks for those only.
 * The sample above each pattern is a text a receiver sent or documents, addresses anonymised, and is a test.
 */
import type { Disposition, Scope } from '@penstock/events';

export interface ReplyRule {
  readonly name: string;
  /** A whole reply line the rule was made from. */
  readonly sample: string;
  /** Where the sample stands. */
  readonly source: string;
  /** Applied to `CODE STATUS TEXT`. */
  readonly pattern: RegExp;
  readonly providers?: readonly string[];
  readonly cause: string;
  readonly scope: Scope;
  readonly disposition: Extract<Disposition, 'defer' | 'bounce'>;
}

const GMAIL = { providers: ['gmail', 'google'], source: 'support.google.com/a/answer/3726730, 2026-06-18' } as const;
const MICROSOFT = ['outlook', 'office365', 'microsoft'] as const;
const YAHOO = ['yahoo'] as const;

/** What the pattern limits is this source at this provider: the path. */
const THROTTLED = { scope: 'path', disposition: 'defer' } as const;
/** The address is listed or disliked, wherever it sends from here on. */
const SOURCE_BLOCKED = { cause: 'blocked', scope: 'source', disposition: 'bounce' } as const;

const PROVIDER_RULES: readonly ReplyRule[] = [
  {
    ...GMAIL,
    name: 'gmail-unusual-rate-of-domain',
    sample:
      '421 4.7.28 Gmail has detected an unusual rate of unsolicited email originating from your DKIM domain example.com.',
    pattern: /^421 4\.7\.28 .*(?:DKIM|SPF) domain/i,
    cause: 'throttle_rate',
    scope: 'sending_domain',
    disposition: 'defer',
  },
  {
    ...GMAIL,
    name: 'gmail-unusual-rate-of-content',
    sample: '421 4.7.28 Gmail has detected an unusual rate of unsolicited email containing one of your URL domains.',
    pattern: /^421 4\.7\.28 .*(?:URL domains|same Message-ID)/i,
    cause: 'throttle_rate',
    scope: 'message',
    disposition: 'defer',
  },
  {
    ...GMAIL,
    ...THROTTLED,
    name: 'gmail-unusual-rate',
    sample: '421 4.7.28 Gmail has detected an unusual rate of email originating from your IP address 192.0.2.1.',
    pattern: /^421 4\.7\.28 /,
    cause: 'throttle_rate',
  },
  {
    ...GMAIL,
    name: 'gmail-recipient-rate',
    sample:
      '450 4.2.1 The user you are trying to contact is receiving email at a rate that prevents additional messages from being delivered.',
    pattern: /^450 4\.2\.1 .*(?:too quickly|at a rate that prevents)/i,
    cause: 'throttle_recipient',
    scope: 'recipient',
    disposition: 'defer',
  },
  {
    ...GMAIL,
    ...SOURCE_BLOCKED,
    name: 'gmail-source-blocked',
    sample: '550 5.7.28 There is an unusual rate of unsolicited email originating from your IP address.',
    pattern: /^550 5\.7\.28 /,
  },
  {
    ...GMAIL,
    name: 'gmail-unauthenticated',
    sample: '421 4.7.26 This email has been rate limited because it is unauthenticated.',
    pattern: /^4(?:21|51) 4\.7\.(?:24|26|27|30|31|32|40) /,
    cause: 'authentication',
    scope: 'sending_domain',
    disposition: 'defer',
  },
  {
    ...GMAIL,
    name: 'gmail-unauthenticated-blocked',
    sample: '550 5.7.26 This email has been blocked because the sender is unauthenticated.',
    pattern: /^550 5\.7\.(?:24|26|27|30|40) /,
    cause: 'authentication',
    scope: 'sending_domain',
    disposition: 'bounce',
  },
  {
    ...GMAIL,
    name: 'gmail-unsolicited',
    sample: '550 5.7.1 This message is likely unsolicited email.',
    pattern: /^550 5\.7\.1 .*unsolicited/i,
    cause: 'content_rejected',
    scope: 'message',
    disposition: 'bounce',
  },
  {
    ...THROTTLED,
    name: 'microsoft-server-busy',
    sample: '451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712344)',
    source: 'ActiveCampaign/smtp-field-manual@67831a2',
    providers: MICROSOFT,
    pattern: /^451 4\.7\.500 /,
    cause: 'server_busy',
  },
  {
    ...THROTTLED,
    name: 'microsoft-source-rate-limited',
    sample:
      '451 4.7.650 The mail server [192.0.2.5] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)',
    source: 'ActiveCampaign/smtp-field-manual@67831a2',
    providers: MICROSOFT,
    pattern: /^451 4\.7\.65[01] /,
    cause: 'throttle_reputation',
  },
  {
    ...SOURCE_BLOCKED,
    name: 'microsoft-block-list',
    sample:
      "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
    source: 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost/microsoft.rb',
    providers: MICROSOFT,
    pattern: /^5\d\d .*(?:block list \(S31[45]0\)|banned sending IP)/i,
  },
  {
    ...THROTTLED,
    name: 'yahoo-temporarily-deferred',
    sample:
      '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
    source: 'KumoCorp/kumomta@3ebc1e8 examples/smart-sink-docker/policy/responses.toml',
    providers: YAHOO,
    pattern: /\[(?:TSS?0?[1-5]|IPTS0[45])\]/,
    cause: 'throttle_reputation',
  },
  {
    name: 'yahoo-no-such-account',
    sample:
      "554 delivery error: dd This user doesn't have a example.com account (ann@example.com) [-9] - mta.example.com",
    source: 'ActiveCampaign/smtp-field-manual@67831a2',
    providers: YAHOO,
    pattern: /^554 delivery error: dd .*(?:doesn't have|no longer valid|disabled)/i,
    cause: 'user_unknown',
    scope: 'recipient',
    disposition: 'bounce',
  },
];

const GENERAL_RULES: readonly ReplyRule[] = [
  {
    name: 'greylisted',
    sample: '451 4.7.1 <ann@example.com>: Recipient address rejected: Greylisted for 5 minutes',
    source: 'ActiveCampaign/smtp-field-manual@67831a2 (Barracuda)',
    pattern: /^4\d\d .*gr[ae]y-?\s?list/i,
    cause: 'greylisted',
    scope: 'recipient',
    disposition: 'defer',
  },
  {
    ...THROTTLED,
    name: 'too-many-connections',
    sample: '421 Connection refused, too many sessions from This IP. IB007',
    source: 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost/godaddy.rb',
    pattern:
      /^4\d\d .*(?:too many (?:concurrent |simultaneous )?(?:connections|sessions)|(?:maximum number|limit) of (?:concurrent )?connections|trop de connexions)/i,
    cause: 'throttle_connections',
  },
  {
    ...THROTTLED,
    name: 'messages-per-connection',
    sample: '421 Max message per connection reached, closing transmission channel',
    source: 'ActiveCampaign/smtp-field-manual@67831a2 (Yahoo)',
    pattern: /^4\d\d .*max(?:imum)? (?:number of )?messages? per connection/i,
    cause: 'connection_spent',
  },
  {
    ...THROTTLED,
    name: 'excessive-volume',
    sample:
      '421 4.7.1 Messages to ann@example.com deferred due to excessive volume. Try again later - https://support.apple.com/en-us/HT204137',
    source: 'ActiveCampaign/smtp-field-manual@67831a2 (Apple)',
    pattern: /^4\d\d .*(?:excessive volume|unusual (?:rate|amount) of|rate limit|throttled)/i,
    cause: 'throttle_rate',
  },
  {
    ...THROTTLED,
    name: 'server-busy',
    sample: '421 4.4.5 Server busy, try again later.',
    source: 'support.google.com/a/answer/3726730, 2026-06-18',
    pattern: /^4\d\d .*server (?:is )?busy/i,
    cause: 'server_busy',
  },
  {
    name: 'mailbox-full',
    sample: "452 4.2.2 The recipient's inbox is out of storage space.",
    source: 'support.google.com/a/answer/3726730, 2026-06-18',
    pattern: /^4\d\d .*(?:out of storage|over ?quota|quota exceeded|mailbox (?:is )?full)/i,
    cause: 'mailbox_full',
    scope: 'recipient',
    disposition: 'defer',
  },
  {
    name: 'mailbox-full-for-good',
    sample: '552 5.2.2 <ann@icloud.com>: user is over quota',
    source: 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost/apple.rb',
    pattern: /^5\d\d .*(?:out of storage|over ?quota|quota exceeded|mailbox (?:is )?full)/i,
    cause: 'mailbox_full',
    scope: 'recipient',
    disposition: 'bounce',
  },
  {
    name: 'user-unknown',
    sample: '550 5.1.1 The email account that you tried to reach does not exist.',
    source: 'support.google.com/a/answer/3726730, 2026-06-18',
    pattern:
      /^55\d (?:5\.1\.1 |.*(?:user unknown|unknown user|no such (?:user|recipient|mailbox)|recipient not found))/i,
    cause: 'user_unknown',
    scope: 'recipient',
    disposition: 'bounce',
  },
  {
    ...SOURCE_BLOCKED,
    name: 'source-listed',
    sample: '550 Client host blocked for spamming issues. OFR006_102 Ref http://csi.cloudmark.com',
    source: 'sisimai and Orange postmaster pages (Orange)',
    pattern: /^5\d\d .*(?:client host .*blocked|blocked using|spamhaus's list|banned sending ip)/i,
  },
  {
    name: 'spam-content',
    sample: '552 This message has been rejected due to content judged to be spam by the internet community. IB212',
    source: 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost/godaddy.rb',
    pattern: /^5\d\d .*(?:spam|virus|content (?:rejected|judged))/i,
    cause: 'content_rejected',
    scope: 'message',
    disposition: 'bounce',
  },
  {
    name: 'sender-unauthenticated',
    sample: '554 5.7.1 [HME1] This message was blocked for failing both SPF and DKIM authentication checks.',
    source: 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost/apple.rb',
    pattern: /^5\d\d .*(?:\bSPF\b|\bDKIM\b|\bDMARC\b)/i,
    cause: 'authentication',
    scope: 'sending_domain',
    disposition: 'bounce',
  },
];

export const REPLY_RULES: readonly ReplyRule[] = [...PROVIDER_RULES, ...GENERAL_RULES];
