import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL, KUMOMTA_COMMUNITY, SISIMAI } from './sources.ts';

export const APPLE: readonly ReplyRule[] = [
  {
    name: 'apple-excessive-volume',
    pattern: /^421[ -]4\.7\.1 .*deferred due to excessive volume/i,
    verdict: 'throttle_rate path defer',
    meaning: 'excessive volume',
    sample:
      '421 4.7.1 Messages to ann@icloud.com deferred due to excessive volume. Try again later - https://support.apple.com/en-us/HT204137',
    source: FIELD_MANUAL,
  },
  {
    name: 'apple-unavailable',
    pattern: /^451[ -]4\.7\.1 Service unavailable - try again later/i,
    verdict: 'throttle_rate path defer',
    meaning: 'unavailable, try later',
    sample: '451 4.7.1 Service unavailable - try again later',
    source: FIELD_MANUAL,
  },
  {
    name: 'apple-server-error',
    pattern: /\[BS02\]/i,
    verdict: 'system_problem host defer',
    meaning: 'temporary server error',
    sample: '451 [BS02] Temporary server error. Please try again later.',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'apple-deferred',
    pattern: /\[HCM1\]/i,
    verdict: 'throttle_rate path defer',
    meaning: 'mail deferred',
    sample: '421 [HCM1] Your mail from 192.0.2.1 was deferred.',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'apple-local-policy',
    pattern: /\[CS01\]/i,
    verdict: 'policy message bounce',
    meaning: 'local policy',
    sample: '550 5.7.1 [CS01] Message rejected due to local policy.',
    source: `${SISIMAI}/apple.rb`,
  },
  {
    name: 'apple-unauthenticated',
    pattern: /\[HME1\]/i,
    verdict: 'authentication sending_domain bounce',
    meaning: 'SPF and DKIM failed',
    sample: '554 5.7.1 [HME1] This message was blocked for failing both SPF and DKIM authentication checks.',
    source: `${SISIMAI}/apple.rb`,
  },
  {
    name: 'apple-spamhaus-domain',
    pattern: /Spamhaus DBL/i,
    verdict: 'domain_blocked sending_domain bounce',
    meaning: 'a domain of the message is on the Spamhaus DBL',
    sample: '550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL',
    source: `${SISIMAI}/apple.rb`,
  },
  {
    name: 'apple-spamhaus-ip',
    pattern: /Spamhaus SBL/i,
    verdict: 'blocked source bounce',
    meaning: 'the IP address is on the Spamhaus SBL',
    // The sample is composed from the documented code.
    sample: '550 5.7.1 Mail from IP 192.0.2.1 was rejected due to listing in Spamhaus SBL.',
    source: `${SISIMAI}/apple.rb`,
  },
  {
    name: 'apple-mailbox-full',
    pattern: /^552[ -]5\.2\.2 .*over quota/i,
    verdict: 'mailbox_full recipient bounce',
    meaning: 'over quota',
    sample: '552 5.2.2 <ann@icloud.com>: user is over quota',
    source: `${SISIMAI}/apple.rb`,
  },
  {
    name: 'apple-user-unknown',
    pattern: /^550[ -]5\.1\.[16] /i,
    verdict: 'user_unknown recipient bounce',
    meaning: 'unknown, inactive or moved',
    sample: '550 5.1.6 recipient no longer on server: ann@icloud.com',
    source: `${SISIMAI}/apple.rb`,
  },
];
