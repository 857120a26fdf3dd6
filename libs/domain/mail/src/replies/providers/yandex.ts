import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL } from './sources.ts';

export const YANDEX: readonly ReplyRule[] = [
  {
    name: 'yandex-recipient-rate',
    pattern: /^450[ -]4\.2\.1 The recipient has exceeded message rate limit/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    sample: '450 4.2.1 The recipient has exceeded message rate limit. Try again later.',
    source: FIELD_MANUAL,
  },
];
