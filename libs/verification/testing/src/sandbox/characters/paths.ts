/** Characters that are about the connection, whoever the mail is for. */
import type { Character } from '../character.ts';

/** Greets with 554 (RFC 5321 section 3.1): about the path, never about a recipient. */
export function blockedGreeting(): Character {
  return {
    greet: ({ client }) => ({ code: 554, text: `5.7.1 Service refused: ${client} is listed by our reputation filter` }),
  };
}

/** Takes every message and cuts the connection instead of saying so (RFC 1047). */
export function droppedAnswers(): Character {
  return { dropsAfterFinalDot: true };
}

/** Every answer takes between `leastMs` and `mostMs`. */
export function slowness(leastMs: number, mostMs: number): Character {
  const spread = mostMs - leastMs + 1;
  let answers = 0;
  // A stride that shares no factor with the spread visits every delay before any repeats.
  const stride = 173;
  return { delayMs: () => leastMs + ((answers++ * stride) % spread) };
}
