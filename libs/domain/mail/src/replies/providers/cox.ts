import type { ReplyRule } from '../reply-rule.ts';
import { SISIMAI } from './sources.ts';

export const COX: readonly ReplyRule[] = [
  {
    name: 'cox-too-many-sessions',
    pattern: /CXCNCT|too many sessions from/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many concurrent connections',
    // The sample is composed from the documented code.
    sample: '421 cox too many sessions from 192.0.2.1 AUP#CXCNCT',
    source: `${SISIMAI}/cox.rb`,
  },
  {
    name: 'cox-message-threshold',
    pattern: /CXMXRT|message threshold exceeded/i,
    verdict: 'throttle_rate path defer',
    meaning: 'sent too many, or 100-message session limit',
    // The sample is composed from the documented code.
    sample: '452 message threshold exceeded AUP#CXMXRT',
    source: `${SISIMAI}/cox.rb`,
  },
  {
    name: 'cox-block-list',
    pattern: /CDRBL|CXBL|IPBL[01]{4,5}/i,
    verdict: 'blocked source bounce',
    meaning: 'blocked: CDRBL temporary (<=24 h), CXBL local, IPBL* external lists',
    // The sample is composed from the documented code.
    sample: '554 cox blocked AUP#CDRBL',
    source: `${SISIMAI}/cox.rb`,
  },
];
