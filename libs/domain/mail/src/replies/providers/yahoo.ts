import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL, KUMOMTA_COMMUNITY, KUMOMTA_RESPONSES, SISIMAI } from './sources.ts';

export const YAHOO: readonly ReplyRule[] = [
  {
    name: 'yahoo-tss04',
    pattern: /\[TSS?0?4\]|\[IPTS04\]/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'deferred for unexpected volume or complaints',
    sample:
      '421 4.7.0 [TSS04] Messages from 0.0.0.0 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
    source: KUMOMTA_RESPONSES,
  },
  {
    name: 'yahoo-tss05',
    pattern: /\[(?:TSS|IPTS)05\]/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'same, longer',
    sample: '421 4.7.0 [TSS05] Messages from 192.0.2.1 temporarily deferred due to user complaints',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'yahoo-ts01',
    pattern: /\[TS01\]/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'deferred for complaints',
    sample: '421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'yahoo-ts02',
    pattern: /\[TS02\]/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'unusual traffic pattern',
    // The sample is composed from the documented code.
    sample: '421 4.7.1 [TS02] All messages from 192.0.2.1 will be permanently deferred',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'yahoo-ts03',
    pattern: /\[TS03\]/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'says permanently deferred, retrying will not succeed, but with a 421 code',
    sample:
      '421 4.7.1 [TS03] All messages from 100.100.100.100 will be permanently deferred; Retrying will NOT succeed. See http://postmaster.yahoo.com/421-ts03.html',
    source: KUMOMTA_RESPONSES,
  },
  {
    name: 'yahoo-tss09',
    pattern: /^553[ -]5\.7\.2 \[TSS(?:09|11)\]/i,
    verdict: 'blocked source bounce',
    meaning: 'all messages permanently deferred',
    sample: '553 5.7.2 [TSS09] All messages from 192.0.2.25 will be permanently deferred; Retrying will NOT succeed.',
    source: `${SISIMAI}/yahooinc.rb`,
  },
  {
    name: 'yahoo-deferred-volume',
    pattern: /temporarily deferred - 4\.16\.5[0-9]|\[GL01\]/i,
    verdict: 'greylisted recipient defer',
    meaning: 'older greylist / volume deferral',
    sample:
      '421 Message from 100.100.100.100 temporarily deferred - 4.16.50. Please refer to http://help.yahoo.com/help/us/mail/defer/defer-06.html',
    source: KUMOMTA_RESPONSES,
  },
  {
    name: 'yahoo-connection-spent',
    pattern: /Max message per connection reached/i,
    verdict: 'connection_spent path defer',
    meaning: 'per-connection message limit reached',
    sample: '421 Max message per connection reached, closing transmission channel',
    source: FIELD_MANUAL,
  },
  {
    name: 'yahoo-recipient-rate',
    pattern: /^450 User is receiving mail too quickly/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    sample: '450 User is receiving mail too quickly',
    source: FIELD_MANUAL,
  },
  {
    name: 'yahoo-resources',
    pattern: /#4\.16\.1/i,
    verdict: 'server_busy host defer',
    meaning: 'resources temporarily unavailable',
    sample: '451 example.yahoo.com Resources temporarily unavailable. Please try again later [#4.16.1].',
    source: FIELD_MANUAL,
  },
  {
    name: 'yahoo-deferred-tagged',
    pattern: /temporarily deferred - \[1[67]\d\]/i,
    verdict: 'content_rejected message defer',
    meaning: 'temporary deferral with a numeric tag',
    sample: '451 Message temporarily deferred - [170]',
    source: KUMOMTA_RESPONSES,
  },
  {
    name: 'yahoo-block-list',
    pattern: /^553.*\[(?:BL21|BL23|TSS07)\]/i,
    verdict: 'blocked source bounce',
    meaning: 'Spamhaus listing',
    sample:
      "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.25, because the ip is in Spamhaus's list; see http://postmaster.yahoo.com/550-bl23.html",
    source: `${SISIMAI}/yahooinc.rb`,
  },
  {
    name: 'yahoo-policy',
    pattern: /\[PH01\]|^554[ -]5\.7\.9 /i,
    verdict: 'policy message bounce',
    meaning: 'policy: content (PH*) or 5.7.9 authentication/policy',
    sample: '554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes',
    source: FIELD_MANUAL,
  },
  {
    name: 'yahoo-no-such-account',
    pattern: /^554 delivery error: dd .*(?:doesn't have|no longer valid|disabled)/i,
    verdict: 'user_unknown recipient bounce',
    meaning: 'no such or disabled account',
    sample:
      "554 delivery error: dd This user doesn't have a example.com account (ann@example.com) [-9] - example.yahoo.com",
    source: FIELD_MANUAL,
  },
];
