/** Personal data stays with the content: what is stored of a reply keeps domains and loses mailboxes. */

const MARK = /@|%40/g;
/** A quoted local part may hold anything, blanks and signs included (Quoted-string of RFC 5321 section 4.1.2). */
const QUOTED = /"(?:[^"\\]|\\.){1,128}"@/g;
/** Ends an unquoted local part to the left (RFC 5321 section 4.1.2: none of these is an atext). */
const STOPS = new Set(' \t\r\n<>()[]:;,"@');
/** In a URL, where the sign is written %40, a parameter ends it too. */
const URL_STOPS = new Set([...STOPS, '=', '?', '&', '/']);

/**
 * Replaces the local part of every mailbox in a text by `…`: `<ann@example.com>` becomes `<…@example.com>`. One
 * pass, whatever the text.
 */
export function maskAddresses(text: string): string {
  if (!text.includes('@') && !text.includes('%40')) return text;
  const plain = text.replace(QUOTED, '…@');
  let masked = '';
  let done = 0;
  for (const { 0: mark, index } of plain.matchAll(MARK)) {
    const start = localPartStart(plain, done, index, mark === '@' ? STOPS : URL_STOPS);
    masked += `${plain.slice(done, start)}${start < index ? '…' : ''}${mark}`;
    done = index + mark.length;
  }
  return masked + plain.slice(done);
}

function localPartStart(text: string, from: number, end: number, stops: ReadonlySet<string>): number {
  if (end > from && text[end - 1] === '"') {
    const open = text.lastIndexOf('"', end - 2);
    // A quotation longer than any local part: all of it goes.
    return open >= from ? open : from;
  }
  let start = end;
  while (start > from && !stops.has(text[start - 1] ?? '')) start--;
  return start;
}
