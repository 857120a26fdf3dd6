import type { Clock } from '@penstock/ports';
import type { Character, Refusal } from '../character.ts';

export interface RateLimits {
  /** Connections one client may have open. */
  readonly connections: number;
  /** `MAIL FROM` of one client in any second. */
  readonly messagesPerSecond: number;
}

const WINDOW_MS = 1_000;

/**
 * Limits what one client may do at once and answers as Gmail does: a 421 that ends the connection. Counted by the
 * receiver's own clock, as receivers do.
 */
export function rateLimits(clock: Clock, limits: RateLimits): Character {
  const arrivals = new Map<string, number[]>();
  return {
    greet: ({ client, open }) => (open > limits.connections ? unusualRate(client) : undefined),
    mailFrom(client) {
      const now = clock.monotonic();
      const recent = (arrivals.get(client) ?? []).filter((at) => at > now - WINDOW_MS);
      if (recent.length >= limits.messagesPerSecond) return unusualRate(client);
      recent.push(now);
      arrivals.set(client, recent);
      return undefined;
    },
  };
}

/** Wording of support.google.com/a/answer/3726730. */
function unusualRate(client: string): Refusal {
  return {
    code: 421,
    text: `4.7.28 Gmail has detected an unusual rate of email originating from your IP address ${client}.`,
  };
}
