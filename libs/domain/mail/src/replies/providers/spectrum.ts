import type { ReplyRule } from '../reply-rule.ts';
import { SISIMAI } from './sources.ts';

export const SPECTRUM: readonly ReplyRule[] = [
  {
    name: 'spectrum-connections',
    pattern: /AUP#[A-Z-]*13[0-4]\d/i,
    verdict: 'throttle_connections path defer',
    meaning: 'connection limit, varies with IP reputation',
    // The sample is composed from the documented code.
    sample: '421 AUP#I-1310',
    source: `${SISIMAI}/spectrum.rb`,
  },
  {
    name: 'spectrum-message-rate',
    pattern: /AUP#[A-Z-]*1(?:3[5-9]\d|4[0-9]\d)/i,
    verdict: 'throttle_rate path defer',
    meaning: 'message, recipient, spam or invalid-recipient limits',
    // The sample is composed from the documented code.
    sample: '452 AUP#I-1420',
    source: `${SISIMAI}/spectrum.rb`,
  },
  {
    name: 'spectrum-session-limits',
    pattern: /AUP#[A-Z-]*15(?:40|50|80)/i,
    verdict: 'throttle_rate path defer',
    meaning: 'too many per session / per message / in a short time',
    // The sample is composed from the documented code.
    sample: '452 AUP#I-1540',
    source: `${SISIMAI}/spectrum.rb`,
  },
];
