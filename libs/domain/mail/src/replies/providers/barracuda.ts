import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL } from './sources.ts';

export const BARRACUDA: readonly ReplyRule[] = [
  {
    name: 'barracuda-greylisted',
    pattern: /Greylisted for 5 minutes/i,
    verdict: 'greylisted recipient defer',
    meaning: 'greylisted',
    sample: '451 4.7.1 <ann@example.com>: Recipient address rejected: Greylisted for 5 minutes',
    source: FIELD_MANUAL,
  },
  {
    name: 'barracuda-policy',
    pattern: /^450 cuda_nsu/i,
    verdict: 'policy path defer',
    meaning: 'policy rejection',
    sample: '450 cuda_nsu 4.7.1 <ann@example.com>: Recipient address rejected: Policy Rejection- Abuse. Go away.',
    source: FIELD_MANUAL,
  },
];
