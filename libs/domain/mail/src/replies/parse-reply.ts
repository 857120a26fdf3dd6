import type { SmtpReply } from '@penstock/events';
import { maskAddresses } from './mask-addresses.ts';

/** What is stored of a reply. */
const MAX_TEXT = 1024;

/** RFC 5321 section 4.2: three digits, then a hyphen where lines follow, else a blank or nothing. */
const LINE = /^([2-5][0-9]{2})(?:[ -]|$)/;
/** RFC 2034 section 4: the status code stands before the text of each line. */
const LEADING_STATUS = /^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|$)/;
const ANY_STATUS = /(?<![\d.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?!\.?\d)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a receiver's control characters end here
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * A reply as it came, line by line without CRLF, as it is kept: lines joined with a blank, status codes taken
 * off their fronts, mailboxes masked, at most 1,024 characters. A reply without a code has code 0.
 */
export function parseReply(lines: readonly string[]): SmtpReply {
  const code = Number(LINE.exec(lines[0] ?? '')?.[1] ?? 0);
  let enhanced: string | undefined;
  const texts: string[] = [];
  for (const line of lines) {
    const text = line.replace(LINE, '').replace(CONTROL, ' ').trim();
    const status = LEADING_STATUS.exec(text);
    enhanced ??= status?.[1];
    const rest = status ? text.slice(status[0].length) : text;
    if (rest !== '') texts.push(rest);
  }
  const text = texts.join(' ');
  if (code >= 400) enhanced ??= statusWithin(text, code);
  return { code, ...(enhanced === undefined ? {} : { enhanced }), text: capped(maskAddresses(text)) };
}

/** Some servers put a word of their own before the status code; it must be of the reply's class to be believed. */
function statusWithin(text: string, code: number): string | undefined {
  const statusClass = String(code)[0];
  for (const [, status] of text.matchAll(ANY_STATUS)) if (status?.[0] === statusClass) return status;
  return undefined;
}

function capped(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const head = text.slice(0, MAX_TEXT - 1);
  // Half a surrogate pair is no character: JSON readers elsewhere refuse it.
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}
