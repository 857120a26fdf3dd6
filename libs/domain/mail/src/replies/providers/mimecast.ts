import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL } from './sources.ts';

export const MIMECAST: readonly ReplyRule[] = [
  {
    name: 'mimecast-unavailable',
    pattern: /^451 Internal resource temporarily unavailable/i,
    verdict: 'greylisted recipient defer',
    meaning: 'greylisting / temporary unavailability',
    sample: '451 Internal resource temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451 [x]',
    source: FIELD_MANUAL,
  },
];
