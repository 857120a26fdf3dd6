/**
 * Stores compare text by its UTF-8 bytes (SQLite, Redis), KeyedStore by UTF-16 code unit; they differ beyond the
 * surrogates. Code units from D7FF on are stored as D7FF and a second unit in the same order, which also keeps lone
 * surrogates.
 */
const ESCAPE = 0xd7ff;
const BASE = 0x1000;
const HIGH = /[\ud7ff-\uffff]/g;
const ESCAPED = /\ud7ff([\u1000-\u3fff])/g;

/** The key as such a store should hold it. */
export function toStoredKey(key: string): string {
  return key.search(HIGH) < 0
    ? key
    : key.replace(HIGH, (unit) => String.fromCharCode(ESCAPE, BASE + unit.charCodeAt(0) - ESCAPE));
}

/** The key that `toStoredKey` made this of. */
export function fromStoredKey(stored: string): string {
  return stored.includes('\ud7ff')
    ? stored.replace(ESCAPED, (_, unit: string) => String.fromCharCode(unit.charCodeAt(0) - BASE + ESCAPE))
    : stored;
}
