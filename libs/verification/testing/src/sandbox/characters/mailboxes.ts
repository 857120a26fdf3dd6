import type { Character } from '../character.ts';

/** Some mailboxes are full (`full…@`), some do not exist (`unknown…@`); all others take mail. */
export function mailboxes(): Character {
  return {
    rcptTo({ recipient }) {
      const mailbox = recipient.toLowerCase();
      if (mailbox.startsWith('full')) {
        return { code: 452, text: "4.2.2 The recipient's inbox is out of storage space." };
      }
      if (mailbox.startsWith('unknown')) {
        return { code: 550, text: '5.1.1 The email account that you tried to reach does not exist.' };
      }
      return undefined;
    },
  };
}
