/** The characters of a message id in the order of their codes, so that later ids sort after earlier ones. URL-safe. */
export const MESSAGE_ID_CHARACTERS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** 42 bits of milliseconds: until the year 2109. */
export const MESSAGE_ID_TIME_LENGTH = 7;
export const MESSAGE_ID_LENGTH = 22;

/** When the message was accepted, ms since the epoch: its id begins with it. Undefined for an id of another make. */
export function messageTime(messageId: string): number | undefined {
  if (messageId.length !== MESSAGE_ID_LENGTH) return undefined;
  let time = 0;
  for (let at = 0; at < MESSAGE_ID_TIME_LENGTH; at++) {
    const digit = MESSAGE_ID_CHARACTERS.indexOf(messageId.charAt(at));
    if (digit < 0) return undefined;
    time = time * MESSAGE_ID_CHARACTERS.length + digit;
  }
  return time;
}
