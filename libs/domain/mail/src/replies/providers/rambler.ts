import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL } from './sources.ts';

export const RAMBLER: readonly ReplyRule[] = [
  {
    name: 'rambler-rate',
    pattern: /^452[ -]4\.5\.3 +rate limit exceeded/i,
    verdict: 'throttle_rate sending_domain defer',
    meaning: 'rate limit',
    sample: '452 4.5.3  rate limit exceeded',
    source: FIELD_MANUAL,
  },
];
