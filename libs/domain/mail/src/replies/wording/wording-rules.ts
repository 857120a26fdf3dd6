import type { ReplyRule } from '../reply-rule.ts';
import { ADDRESS_WORDS } from './addresses.ts';
import { CONTENT_WORDS } from './contents.ts';
import { ENVELOPE_SENDER_WORDS, SENDER_WORDS } from './senders.ts';
import { SYSTEM_WORDS } from './systems.ts';
import { THROTTLING_WORDS } from './throttling.ts';

export { VAGUE_WORDS } from './systems.ts';

/** Words that say more than any status code, which many servers choose carelessly. */
export const PLAIN_WORDS: readonly ReplyRule[] = [
  ...THROTTLING_WORDS,
  ...ENVELOPE_SENDER_WORDS,
  ...ADDRESS_WORDS,
  ...SENDER_WORDS,
];

/** Words that a status code which says something overrules. */
export const OTHER_WORDS: readonly ReplyRule[] = [...CONTENT_WORDS, ...SYSTEM_WORDS];
