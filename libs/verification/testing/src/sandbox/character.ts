/** How a sandbox mailbox provider behaves: what it answers, and when. Deterministic: it counts and remembers, never rolls dice. */

/** A reply other than yes. The text begins with its RFC 3463 code where the provider gives one. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

export interface Visitor {
  /** Address the client connects from. */
  readonly client: string;
  /** Connections this client has open here, this one included. */
  readonly open: number;
}

export interface Envelope {
  readonly client: string;
  /** Empty for a null sender. */
  readonly sender: string;
  readonly recipient: string;
}

export interface Character {
  /** Asked before the banner; a refusal takes its place. */
  greet?(visitor: Visitor): Refusal | undefined;
  mailFrom?(client: string): Refusal | undefined;
  rcptTo?(envelope: Envelope): Refusal | undefined;
  /** Whether the connection is cut instead of answering the final dot. */
  readonly dropsAfterFinalDot?: boolean;
  /** How long the next answer takes, ms. */
  delayMs?(): number;
}

/** Several characters in one: the first refusal counts, delays add up. */
export function together(...characters: readonly Character[]): Character {
  return {
    greet: (visitor) => firstRefusal(characters, (character) => character.greet?.(visitor)),
    mailFrom: (client) => firstRefusal(characters, (character) => character.mailFrom?.(client)),
    rcptTo: (envelope) => firstRefusal(characters, (character) => character.rcptTo?.(envelope)),
    dropsAfterFinalDot: characters.some((character) => character.dropsAfterFinalDot === true),
    delayMs: () => characters.reduce((sum, character) => sum + (character.delayMs?.() ?? 0), 0),
  };
}

function firstRefusal(
  characters: readonly Character[],
  ask: (character: Character) => Refusal | undefined,
): Refusal | undefined {
  for (const character of characters) {
    const refusal = ask(character);
    if (refusal) return refusal;
  }
  return undefined;
}
