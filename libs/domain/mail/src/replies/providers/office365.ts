import type { ReplyRule } from '../reply-rule.ts';
import { EXCHANGE_ONLINE_NDR, FIELD_MANUAL, SISIMAI } from './sources.ts';

export const OFFICE365: readonly ReplyRule[] = [
  {
    name: 'office365-server-busy',
    pattern: /^451[ -]4\.7\.500 Server busy/i,
    verdict: 'throttle_rate path defer',
    meaning: 'IP throttling: volume changed much against history (grey-listing like)',
    sample: '451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712344)',
    source: FIELD_MANUAL,
  },
  {
    name: 'office365-access-denied-later',
    pattern: /^451[ -]4\.7\.(?:5\d\d|6\d\d) Access denied, please try again later/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'suspicious activity, temporary restriction',
    // The sample is composed from the documented code.
    sample: '451 4.7.550 Access denied, please try again later',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-access-denied-ip',
    pattern: /4\.7\.(?:85\d|8[6-9]\d) Access denied/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'suspicious activity on the IP, temporary restriction',
    // The sample is composed from the documented code.
    sample: '451 4.7.860 Access denied, please try again later',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-filter-busy',
    pattern: /4\.7\.700 PFA agent busy/i,
    verdict: 'server_busy host defer',
    meaning: 'protocol filter busy',
    sample: '451 4.7.700 PFA agent busy, please try again.',
    source: `${SISIMAI}/microsoft.rb`,
  },
  {
    name: 'office365-ipv6-unauthenticated',
    pattern: /4\.7\.26 .*must pass either SPF or DKIM/i,
    verdict: 'authentication sending_domain defer',
    meaning: 'IPv6 mail needs SPF or DKIM',
    sample:
      '450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::1] must pass either SPF or DKIM validation, this message is not signed',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-recipient-threads',
    pattern: /4\.3\.2 STOREDRV\.Deliver; recipient thread limit/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    // The sample is composed from the documented code.
    sample: '432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-recipient-rate-refused',
    pattern: /5\.2\.121|5\.2\.122/i,
    verdict: 'throttle_recipient recipient bounce',
    meaning: 'hourly receive limit per sender (121) or in total (122)',
    // The sample is composed from the documented code.
    sample: "550 5.2.121 Recipient's per hour message receive limit from specific sender exceeded.",
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-too-many-recipients',
    pattern: /4\.5\.3 Too many recipients/i,
    verdict: 'too_many_recipients message defer',
    meaning: 'more than 200 recipients of one domain',
    // The sample is composed from the documented code.
    sample: '452 4.5.3 Too many recipients',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-forest-connections',
    pattern: /maximum number of concurrent connections/i,
    verdict: 'throttle_connections host defer',
    meaning: 'concurrent connection limit per resource forest',
    sample:
      '421 4.3.2 The maximum number of concurrent connections per resource forest has exceeded a limit, closing transmission channel.',
    source: FIELD_MANUAL,
  },
  {
    name: 'office365-ipv6-range-refused',
    pattern: /5\.7\.508 /i,
    verdict: 'throttle_rate path bounce',
    meaning: 'IPv6 range sent too many',
    // The sample is composed from the documented code.
    sample: '550 5.7.508 Access denied, [2001:db8::1] has exceeded permitted limits within /64 range',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-banned-ip',
    pattern: /5\.7\.(?:60[6-9]|6[1-4]\d) Access denied, banned sending IP/i,
    verdict: 'blocked source bounce',
    meaning: 'IP banned, delist portal',
    // The sample is composed from the documented code.
    sample: '550 5.7.606 Access denied, banned sending IP [192.0.2.1]',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-banned-sender',
    pattern: /5\.7\.511 Access denied, banned sender/i,
    verdict: 'domain_blocked sending_domain bounce',
    meaning: 'sender banned',
    // The sample is composed from the documented code.
    sample: '550 5.7.511 Access denied, banned sender',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-dmarc-failed',
    pattern: /5\.7\.509 /i,
    verdict: 'authentication sending_domain bounce',
    meaning: 'DMARC failed',
    // The sample is composed from the documented code.
    sample: '550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-customer-block-list',
    pattern: /5\.7\.513 /i,
    verdict: 'blocked source bounce',
    meaning: 'recipient organisation blocks the IP',
    // The sample is composed from the documented code.
    sample:
      '550 5.7.513 Service unavailable, Client host [192.0.2.1] blocked by example.com using Customer Block list (AS16012607)',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-tenant-refused',
    pattern: /5\.7\.7(?:0[0-9]|[1-4]\d) /i,
    verdict: 'throttle_quota sending_domain bounce',
    meaning: 'sending tenant over threshold or traffic not accepted from IP',
    // The sample is composed from the documented code.
    sample: '550 5.7.705 Access denied, tenant has exceeded threshold',
    source: EXCHANGE_ONLINE_NDR,
  },
  {
    name: 'office365-recipient-unknown',
    pattern: /5\.1\.10 |5\.4\.1 Recipient address rejected/i,
    verdict: 'user_unknown recipient bounce',
    meaning: 'recipient not found',
    // The sample is composed from the documented code.
    sample: '550 5.1.10 Recipient not found',
    source: EXCHANGE_ONLINE_NDR,
  },
];
