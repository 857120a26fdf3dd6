import type { ReplyRule } from '../reply-rule.ts';
import { KUMOMTA_COMMUNITY } from './sources.ts';

export const QQ: readonly ReplyRule[] = [
  {
    name: 'qq-frequency',
    pattern: /^550 (?:Ip|Connection) frequency limited/i,
    verdict: 'throttle_rate path defer',
    meaning: 'frequency limit with a 550 code; treat as temporary',
    // The sample is composed from the documented code.
    sample: '550 Ip frequency limited',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'qq-sender-frequency',
    pattern: /^550 (?:Sender|Domain) frequency limited/i,
    verdict: 'throttle_rate sending_domain defer',
    meaning: 'frequency limit of the sender with a 550 code; treat as temporary',
    // The sample is composed from the documented code.
    sample: '550 Domain frequency limited',
    source: KUMOMTA_COMMUNITY,
  },
];
