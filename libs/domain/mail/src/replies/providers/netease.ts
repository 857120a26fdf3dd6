import type { ReplyRule } from '../reply-rule.ts';
import { KUMOMTA_COMMUNITY } from './sources.ts';

export const NETEASE: readonly ReplyRule[] = [
  {
    name: 'netease-too-many-connections',
    pattern: /^421 Too many connections/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many connections',
    // The sample is composed from the documented code.
    sample: '421 Too many connections',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'netease-spam-suspected',
    pattern: /^451 DT:SPM/i,
    verdict: 'content_rejected message defer',
    meaning: 'spam suspected',
    // The sample is composed from the documented code.
    sample: '451 DT:SPM 163 smtp',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'netease-daily-limit',
    pattern: /^55[04] (?:RP:ORQ|HL:ITC)/i,
    verdict: 'throttle_quota path defer',
    meaning: 'daily limit reached with a 55x code',
    // The sample is composed from the documented code.
    sample: '550 RP:ORQ',
    source: KUMOMTA_COMMUNITY,
  },
];
