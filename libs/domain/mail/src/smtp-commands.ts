/**
 * Every SMTP command this platform sends is encoded here, so that no argument, numbers included, can end its line and
 * begin another command.
 */

/** An argument that cannot be sent as it is. The message names the argument, never its value. */
export class UnsafeArgumentError extends Error {
  override readonly name = 'UnsafeArgumentError';
}

export const DATA_COMMAND = 'DATA\r\n';
export const RSET_COMMAND = 'RSET\r\n';
export const QUIT_COMMAND = 'QUIT\r\n';
export const STARTTLS_COMMAND = 'STARTTLS\r\n';

/** RFC 5321 section 4.5.3.1.3 allows 256 octets in a path; internationalised ones run longer in UTF-8. */
const MAX_PATH_LENGTH = 512;

/** @throws UnsafeArgumentError if the name is neither a domain name nor an address literal. */
export function ehloCommand(name: string): string {
  return `EHLO ${greetingName(name)}\r\n`;
}

/** @throws UnsafeArgumentError if the name is neither a domain name nor an address literal. */
export function heloCommand(name: string): string {
  return `HELO ${greetingName(name)}\r\n`;
}

export interface MailFromArguments {
  /** Empty for a null sender. */
  readonly mailFrom: string;
  /** Bytes, sent where the host offers SIZE (RFC 1870). */
  readonly size?: number;
  /** Whether to say BODY=8BITMIME (RFC 6152). */
  readonly eightBit?: boolean;
  /** Whether to say SMTPUTF8 (RFC 6531); only then may the address hold more than ASCII. */
  readonly smtpUtf8?: boolean;
}

/** @throws UnsafeArgumentError for an address or a size that does not fit into one argument. */
export function mailFromCommand({ mailFrom, size, eightBit, smtpUtf8 }: MailFromArguments): string {
  let command = `MAIL FROM:<${mailFrom === '' ? '' : path('MAIL FROM', mailFrom, smtpUtf8 ?? false)}>`;
  if (size !== undefined) command += ` SIZE=${decimal('SIZE', size)}`;
  if (eightBit) command += ' BODY=8BITMIME';
  if (smtpUtf8) command += ' SMTPUTF8';
  return `${command}\r\n`;
}

/** BDAT for content of so many bytes that is all of the message (RFC 3030 section 2). */
export function lastChunkCommand(size: number): string {
  return `BDAT ${decimal('BDAT', size)} LAST\r\n`;
}

/** @throws UnsafeArgumentError for an address that does not fit into one argument. */
export function rcptToCommand(address: string, smtpUtf8 = false): string {
  return `RCPT TO:<${path('RCPT TO', address, smtpUtf8)}>\r\n`;
}

function decimal(name: string, value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new UnsafeArgumentError(`${name} is not a whole number`);
  return String(value);
}

const GREETING_NAME = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?|\[[A-Za-z0-9.:-]{1,64}\])$/;

function greetingName(name: string): string {
  if (!GREETING_NAME.test(name)) throw new UnsafeArgumentError('EHLO name is no domain name and no address literal');
  return name;
}

function path(name: string, address: string, smtpUtf8: boolean): string {
  if (address === '') throw new UnsafeArgumentError(`${name} address is empty`);
  if (address.length > MAX_PATH_LENGTH) throw new UnsafeArgumentError(`${name} address is too long`);
  let quoted = false;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (isControl(code)) throw new UnsafeArgumentError(`${name} address holds a control character`);
    if (code > 0x7e && !smtpUtf8) throw new UnsafeArgumentError(`${name} address needs SMTPUTF8`);
    if (code === BACKSLASH && quoted) at = escapedPair(name, address, at);
    else if (code === QUOTE) quoted = !quoted;
    else if (!quoted && endsPath(code)) throw new UnsafeArgumentError(`${name} address holds an unquoted ${BREAKS}`);
  }
  if (quoted) throw new UnsafeArgumentError(`${name} address has an open quote`);
  return address;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const BREAKS = 'blank or angle bracket';

function endsPath(code: number): boolean {
  return code === 0x20 || code === 0x3c || code === 0x3e;
}

/** C0, DEL, C1 and the Unicode line and paragraph separators. */
function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}

/** The character after a backslash in a quoted string stands for itself, but it must be there and be printable. */
function escapedPair(name: string, address: string, at: number): number {
  const next = address.charCodeAt(at + 1);
  if (Number.isNaN(next) || isControl(next)) {
    throw new UnsafeArgumentError(`${name} address holds a control character or ends in a backslash`);
  }
  return at + 1;
}
