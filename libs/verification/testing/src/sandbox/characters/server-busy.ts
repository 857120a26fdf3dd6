import { BoundedMemory } from '../bounded-memory.ts';
import type { Character } from '../character.ts';

/**
 * Answers every n-th new delivery with Outlook's "Server busy" once, and takes it when it comes back: the throttling
 * of a source whose volume changed much against its history.
 */
export function serverBusy(everyNth: number): Character {
  const turnedAway = new BoundedMemory<true>();
  let newcomers = 0;
  return {
    rcptTo({ client, sender, recipient }) {
      const delivery = `${client}\n${sender}\n${recipient}`;
      if (turnedAway.take(delivery)) return undefined;
      newcomers++;
      if (newcomers % everyNth !== 0) return undefined;
      turnedAway.put(delivery, true);
      return { code: 451, text: `4.7.500 Server busy. Please try again later from [${client}]. (AS77712344)` };
    },
  };
}
