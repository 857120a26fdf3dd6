import type { Clock } from '@penstock/ports';
import { BoundedMemory } from '../bounded-memory.ts';
import type { Character } from '../character.ts';

/**
 * Refuses a client, sender and recipient it has not seen until `waitMs` after the first try (RFC 6647): who comes back
 * with another address or sender starts anew.
 */
export function greylisting(clock: Clock, waitMs: number): Character {
  const firstSeen = new BoundedMemory<number>();
  return {
    rcptTo({ client, sender, recipient }) {
      const triplet = `${client}\n${sender}\n${recipient}`;
      const now = clock.monotonic();
      const since = firstSeen.get(triplet);
      if (since === undefined) firstSeen.put(triplet, now);
      if (since !== undefined && now >= since + waitMs) return undefined;
      const seconds = Math.ceil(waitMs / 1_000);
      return {
        code: 451,
        text: `4.7.1 <${recipient}>: Recipient address rejected: Greylisted for ${seconds} seconds`,
      };
    },
  };
}
