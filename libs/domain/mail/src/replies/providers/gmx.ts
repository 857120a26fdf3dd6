import type { ReplyRule } from '../reply-rule.ts';
import { KUMOMTA_COMMUNITY } from './sources.ts';

export const GMX: readonly ReplyRule[] = [
  {
    name: 'gmx-too-many-connections',
    pattern: /Too many connections/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many connections',
    // The sample is composed from the documented code.
    sample: '421 Too many connections',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'gmx-policy',
    pattern: /Reject due to policy (?:restrictions|violations)/i,
    verdict: 'policy source bounce',
    meaning: 'policy',
    // The sample is composed from the documented code.
    sample: '554 Reject due to policy restrictions.',
    source: KUMOMTA_COMMUNITY,
  },
];
