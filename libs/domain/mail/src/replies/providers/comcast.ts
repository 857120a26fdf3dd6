import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL, KUMOMTA_SHAPING } from './sources.ts';

export const COMCAST: readonly ReplyRule[] = [
  {
    name: 'comcast-rate',
    pattern: /RL00000[1-9]/i,
    verdict: 'throttle_rate path defer',
    meaning: 'rate limit by IP reputation',
    // The sample is composed from the documented code.
    sample: '421 imta01.comcast.net comcast 192.0.2.1 RL000001 Too much mail',
    source: KUMOMTA_SHAPING,
  },
  {
    name: 'comcast-domain-throttled',
    pattern: /RL000010/i,
    verdict: 'throttle_rate sending_domain defer',
    meaning: 'domain throttled',
    // The sample is composed from the documented code.
    sample: '421 comcast.net RL000010 throttled',
    source: KUMOMTA_SHAPING,
  },
  {
    name: 'comcast-too-many-sessions',
    pattern: /Too many sessions opened/i,
    verdict: 'throttle_connections path defer',
    meaning: 'more than the allowed simultaneous sessions',
    // The sample is composed from the documented code.
    sample: '421 comcast Too many sessions opened',
    source: 'Comcast postmaster error list',
  },
  {
    name: 'comcast-throttled',
    pattern: /^421[ -]4\.1\.0 .*Throttled/i,
    verdict: 'throttle_rate path defer',
    meaning: 'throttled',
    sample: '421 4.1.0 192.0.2.1 Throttled - try again later',
    source: 'suped.com knowledge article',
  },
  {
    name: 'comcast-block-list',
    pattern: /BL0000(?:00|01|10)|BL000100/i,
    verdict: 'blocked source bounce',
    meaning: 'BL000000 spam pattern, BL000001 Spamhaus Zen, BL000010 Cloudmark, BL000100 Sender Score',
    // The sample is composed from the documented code.
    sample: '554 comcast BL000001 Blocked',
    source: 'Comcast postmaster error list',
  },
  {
    name: 'comcast-recipient-rate',
    pattern: /^452[ -]4\.1\.1 .*too many recent messages/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    sample: '452 4.1.1 <ann@comcast.net> too many recent messages; Try again later',
    source: FIELD_MANUAL,
  },
];
