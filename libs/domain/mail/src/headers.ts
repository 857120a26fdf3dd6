/** Header fields: names by allow-list, values without control characters, folded lines (RFC 5322 section 2.2). */
import { isAscii } from './addresses.ts';
import { encodedWords } from './headers-encoded-words.ts';

/** RFC 5322 ftext, and short enough for a line of its own. */
const HEADER_NAME = /^[!-9;-~]{1,76}$/;

/** C0 but for the tab, DEL, C1 and the Unicode line separators: whatever could end a line somewhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const UNSAFE_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/;

/** Not expressible in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** RFC 5322 section 2.1.1: lines should have 78 characters at most and must not have more than 998. */
const SOFT_LINE = 78;
const HARD_LINE = 998;

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/** Whether the text can stand in a header field: no control character but the tab, and no lone surrogate. */
export function isHeaderText(text: string): boolean {
  return !UNSAFE_VALUE.test(text) && !LONE_SURROGATE.test(text);
}

/**
 * A whole field whose value is text for people, such as Subject: what is not plain ASCII becomes encoded words, and
 * so does text that would be mistaken for them.
 *
 * @throws RangeError for a name or value that is not safe; callers have checked what came from outside.
 */
export function textHeader(name: string, text: string): string {
  const plain = isAscii(text) && !text.includes('=?');
  return headerLines(name, text, plain);
}

/**
 * A whole field with a value as given, such as List-Unsubscribe; only what is not ASCII is encoded.
 *
 * @throws RangeError for a name or value that is not safe.
 */
export function rawHeader(name: string, value: string): string {
  return headerLines(name, value, isAscii(value));
}

function headerLines(name: string, value: string, plain: boolean): string {
  assertSafe(name, value);
  const trimmed = value.trim();
  if (!plain) return `${name}: ${encodedWords(trimmed, name.length + 2).join('\r\n ')}\r\n`;
  const folded = fold(`${name}: ${trimmed}`);
  // A token longer than a line may be: only encoded words can break it.
  if (folded.longest > HARD_LINE) return `${name}: ${encodedWords(trimmed, name.length + 2).join('\r\n ')}\r\n`;
  return folded.text;
}

/** One entry of an address header. */
export interface NamedMailbox {
  readonly address: string;
  readonly name?: string;
}

/** A field of addresses, such as To. A local part that is not ASCII stays UTF-8: the message then needs SMTPUTF8. */
export function addressHeader(name: string, mailboxes: readonly NamedMailbox[]): string {
  for (const mailbox of mailboxes) assertSafe(name, `${mailbox.name ?? ''}${mailbox.address}`);
  return fold(`${name}: ${mailboxes.map(formatMailbox).join(', ')}`).text;
}

const ATOMS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Longest display name that is sent as a quoted string; a longer one becomes encoded words, which can be folded. */
const MAX_QUOTED_NAME = 500;

function formatMailbox({ name, address }: NamedMailbox): string {
  const shown = name?.trim() ?? '';
  if (shown === '') return address;
  if (!isAscii(shown) || shown.includes('=?') || shown.length > MAX_QUOTED_NAME) {
    return `${encodedWords(shown, 0).join(' ')} <${address}>`;
  }
  return `${ATOMS.test(shown) ? shown : `"${shown.replace(/["\\]/g, '\\$&')}"`} <${address}>`;
}

/** A Message-ID field. `id` and `domain` are ours: URL-safe letters and a checked domain. */
export function messageIdHeader(id: string, domain: string): string {
  assertSafe('Message-ID', `${id}${domain}`);
  return `Message-ID: <${id}@${domain}>\r\n`;
}

function assertSafe(name: string, value: string): void {
  if (!isHeaderName(name)) throw new RangeError('not a header name');
  if (!isHeaderText(value)) throw new RangeError(`the value of ${name} holds a control character`);
}

/** Breaks before white space so that lines stay within 78 characters where they can. */
function fold(line: string): { readonly text: string; readonly longest: number } {
  if (line.length <= SOFT_LINE) return { text: `${line}\r\n`, longest: line.length };
  let text = '';
  let current = '';
  let longest = 0;
  // Each piece is its white space and the token behind it, so that no line is white space alone.
  for (const piece of line.match(/[ \t]*[^ \t]+/g) ?? []) {
    // The first value token stays beside the name: some parsers expect it there.
    if (current !== '' && current.length + piece.length > SOFT_LINE && !(text === '' && current.endsWith(':'))) {
      longest = Math.max(longest, current.length);
      text += `${current}\r\n`;
      current = piece;
    } else {
      current += piece;
    }
  }
  return { text: `${text}${current}\r\n`, longest: Math.max(longest, current.length) };
}
