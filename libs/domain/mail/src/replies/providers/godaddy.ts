import type { ReplyRule } from '../reply-rule.ts';
import { SISIMAI } from './sources.ts';

export const GODADDY: readonly ReplyRule[] = [
  {
    name: 'godaddy-too-many-sessions',
    pattern: /\bIB007\b/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many sessions from this IP',
    sample: '421 Connection refused, too many sessions from This IP. IB007',
    source: `${SISIMAI}/godaddy.rb`,
  },
  {
    name: 'godaddy-rate',
    pattern: /\bIB(?:504|510|605|607)\b/i,
    verdict: 'throttle_rate path defer',
    meaning: 'message, recipient or connection rate limits',
    sample: '452 This message contains too many recipients. Reduce the number of recipients and retry. IB605',
    source: `${SISIMAI}/godaddy.rb`,
  },
  {
    name: 'godaddy-reverse-dns',
    pattern: /\bIB108\b/i,
    verdict: 'reverse_dns source defer',
    meaning: 'reverse DNS failed',
    sample: '421 Temporarily rejected. Reverse DNS for this IP failed. IB108',
    source: `${SISIMAI}/godaddy.rb`,
  },
  {
    name: 'godaddy-spam-content',
    pattern: /\bIB(?:212|705)\b/i,
    verdict: 'content_rejected message bounce',
    meaning: 'spam or virus content',
    sample: '552 This message has been rejected due to content judged to be spam by the internet community. IB212',
    source: `${SISIMAI}/godaddy.rb`,
  },
];
