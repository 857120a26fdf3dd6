import type { ReplyRule } from '../reply-rule.ts';
import { GOOGLE_REFUSALS } from './google-refusals.ts';
import { GMAIL_CODES, KUMOMTA_RESPONSES } from './sources.ts';

const THROTTLED: readonly ReplyRule[] = [
  {
    name: 'google-recipient-rate',
    pattern: /^450[ -]4\.2\.1 .*(?:too quickly|at a rate that prevents)/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    sample:
      '450 4.2.1 The user you are trying to contact is receiving email at a rate that prevents additional messages from being delivered.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-recipient-rate-refused',
    pattern: /^550[ -]5\.2\.1 .*at a rate that prevents/i,
    verdict: 'throttle_recipient recipient bounce',
    meaning: 'same condition, refused for good',
    sample:
      '550 5.2.1 The user you are trying to contact is receiving email at a rate that prevents additional messages from being delivered.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-relay-quota',
    pattern: /^450[ -]4\.2\.1 Peak SMTP relay limit/i,
    verdict: 'throttle_quota sending_domain defer',
    meaning: 'Workspace SMTP relay peak limit',
    sample: '450 4.2.1 Peak SMTP relay limit exceeded for this customer.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-ip',
    pattern: /^421[ -]4\.7\.28 .*unusual rate.*IP address/i,
    verdict: 'throttle_rate path defer',
    meaning: 'unusual rate from this IP, rate limited',
    sample: '421 4.7.28 Gmail has detected an unusual rate of email originating from your IP address 192.0.2.1.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-netblock',
    pattern: /^421[ -]4\.7\.28 .*IP Netblock/i,
    verdict: 'throttle_rate path defer',
    meaning: 'unusual rate from the IP netblock',
    sample:
      '421 4.7.28 Gmail has detected an unusual rate of unsolicited email originating from your IP Netblock 192.0.2.0/24.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-dkim-domain',
    pattern: /^421[ -]4\.7\.28 .*DKIM domain/i,
    verdict: 'throttle_rate sending_domain defer',
    meaning: 'unusual rate for the DKIM signing domain',
    sample:
      '421 4.7.28 Gmail has detected an unusual rate of unsolicited email originating from your DKIM domain example.com.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-spf-domain',
    pattern: /^421[ -]4\.7\.28 .*SPF domain/i,
    verdict: 'throttle_rate sending_domain defer',
    meaning: 'unusual rate for the envelope (SPF) domain',
    sample:
      '421 4.7.28 Gmail has detected an unusual rate of unsolicited email originating from your SPF domain example.com.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-url-domain',
    pattern: /^421[ -]4\.7\.28 .*URL domains/i,
    verdict: 'throttle_rate message defer',
    meaning: 'unusual rate of mail with a URL domain of the message',
    sample: '421 4.7.28 Gmail has detected an unusual rate of unsolicited email containing one of your URL domains.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate-of-message-id',
    pattern: /^421[ -]4\.7\.28 .*same Message-ID/i,
    verdict: 'throttle_rate message defer',
    meaning: 'quota for repeated Message-ID',
    sample:
      '421 4.7.28 Gmail has detected this sender exceeded the quota for sending messages that have the same Message-ID:.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-rate',
    pattern: /^421[ -]4\.7\.28 /i,
    verdict: 'throttle_rate path defer',
    meaning: 'unusual rate, no scope named',
    sample: '421 4.7.28 Gmail has detected an unusual rate of email.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-low-reputation',
    pattern: /^421[ -]4\.7\.0 .*low reputation of the sending (?:IP|domain)/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'very low reputation',
    sample: '421 4.7.0 This message is suspicious due to the very low reputation of the sending IP address.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-suspicious-content',
    pattern: /^421[ -]4\.7\.0 .*nature of the content/i,
    verdict: 'content_rejected message defer',
    meaning: 'suspicious content or links',
    sample: '421 4.7.0 This message is suspicious due to the nature of the content or the links within.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-no-ptr',
    pattern: /^421[ -]4\.7\.0 .*PTR record/i,
    verdict: 'reverse_dns source defer',
    meaning: 'no PTR or no matching forward record, rate limited',
    sample: '421 4.7.0 The IP address sending this message does not have a PTR record',
    source: GMAIL_CODES,
  },
  {
    name: 'google-try-later',
    pattern: /^421[ -]4\.7\.0 (?:Try again later|Connection expired)/i,
    verdict: 'throttle_rate path defer',
    meaning: 'generic try later',
    sample: '421 4.7.0 Try again later, closing connection. (MAIL)',
    source: GMAIL_CODES,
  },
  {
    name: 'google-unusual-rate',
    pattern: /^421[ -]4\.7\.0 .*unusual (?:rate|amount) of/i,
    verdict: 'throttle_rate path defer',
    meaning: 'older wording of the 4.7.28 limit',
    sample: '421-4.7.0 [100.100.100.100] Our system has detected an unusual amount of',
    source: KUMOMTA_RESPONSES,
  },
  {
    name: 'google-server-busy',
    pattern: /^421[ -]4\.4\.5 /i,
    verdict: 'server_busy host defer',
    meaning: 'server busy',
    sample: '421 4.4.5 Server busy, try again later.',
    source: GMAIL_CODES,
  },
  {
    name: 'google-system-problem',
    pattern: /^4(?:21|51)[ -]4\.3\.0 /i,
    verdict: 'system_problem host defer',
    meaning: 'temporary system problem or temporary rejection',
    sample: '421 4.3.0 Temporary System Problem. Try again later.',
    source: GMAIL_CODES,
  },
];

/** Gmail gives X.7.27, X.7.29 and X.7.30 meanings of its own: these rules come before the registry's. */
export const GOOGLE: readonly ReplyRule[] = [...THROTTLED, ...GOOGLE_REFUSALS];
