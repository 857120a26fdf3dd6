/** The record of `mail.dead` among the examples. */
import { recordSetAside } from '../dead-letters.ts';
import { NOON } from './example-parts.ts';

export const DEAD_LETTER_EXAMPLES = {
  record_set_aside: recordSetAside(NOON, {
    group: 'projector',
    topic: 'mail.events',
    partition: 3,
    offset: 90_412,
    reason: 'domain or pool is missing',
    text: '{"id":"5f0c7a1e9b2d4c6f8a3b5d7e9f1a2b3c","type":"processed","version":1,"at":1767268800000,"partition":3,"body":{}}',
  }),
};
