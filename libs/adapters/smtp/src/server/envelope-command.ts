/** The arguments of MAIL and RCPT (RFC 5321 section 4.1.2): a path and its parameters. */
import type { SmtpAnswer } from '@penstock/ports';
import { answer } from './answers.ts';

export interface EnvelopeCommand {
  /** What stands between the angle brackets, without a source route. */
  readonly address: string;
  /** By upper-case keyword; the value is empty where none was given. */
  readonly parameters: ReadonlyMap<string, string>;
}

const NONE: ReadonlyMap<string, string> = new Map();
/** RFC 5321 section 4.1.2: esmtp-keyword, esmtp-value. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u;

/**
 * Parses what follows `MAIL` or `RCPT`: `FROM:<a@example.org> SIZE=9`. Blanks after the colon are tolerated as Postfix
 * does; a path without angle brackets is not.
 */
export function parseEnvelopeCommand(text: string, preposition: 'FROM:' | 'TO:'): EnvelopeCommand | 'syntax' | 'twice' {
  const { length } = preposition;
  if (text.length <= length || text.slice(0, length).toUpperCase() !== preposition) return 'syntax';
  let start = length;
  while (text[start] === ' ') start++;
  if (text[start] !== '<') return 'syntax';
  const end = pathEnd(text, start + 1);
  if (end < 0) return 'syntax';
  const address = withoutRoute(text.slice(start + 1, end));
  if (end + 1 === text.length) return { address, parameters: NONE };
  if (text[end + 1] !== ' ') return 'syntax';
  const parameters = parseParameters(text.slice(end + 2));
  return typeof parameters === 'string' ? parameters : { address, parameters };
}

/** The closing bracket; a quoted string may hold brackets and blanks. */
function pathEnd(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '>') return at;
    else if (!quoted && (character === ' ' || character === '<')) return -1;
  }
  return -1;
}

/** RFC 5321 appendix C: a source route is accepted and ignored. */
function withoutRoute(path: string): string {
  return path.startsWith('@') ? path.slice(path.indexOf(':') + 1) : path;
}

function parseParameters(text: string): ReadonlyMap<string, string> | 'syntax' | 'twice' {
  const parameters = new Map<string, string>();
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const match = PARAMETER.exec(word);
    if (!match) return 'syntax';
    const name = (match[1] ?? '').toUpperCase();
    if (parameters.has(name)) return 'twice';
    parameters.set(name, match[2] ?? '');
  }
  return parameters;
}

export interface MailParameters {
  /** Bytes the client says it will send; 0 if it does not. */
  readonly size: number;
  readonly smtpUtf8: boolean;
}

/** RFC 1870, 6152, 6531, 4954 section 5. Whatever else is refused, so that nobody relies on it. */
export function checkMailParameters(
  parameters: ReadonlyMap<string, string>,
  maxMessageBytes: number,
): MailParameters | SmtpAnswer {
  let size = 0;
  let smtpUtf8 = false;
  for (const [name, value] of parameters) {
    if (name === 'SIZE') {
      if (!/^[0-9]{1,20}$/.test(value)) return answer(501, '5.5.4', 'SIZE needs a number');
      size = Number(value);
      if (size > maxMessageBytes) return answer(552, '5.3.4', 'The message is too large');
    } else if (name === 'BODY') {
      if (!/^(7BIT|8BITMIME)$/i.test(value)) return answer(501, '5.5.4', 'BODY is 7BIT or 8BITMIME');
    } else if (name === 'SMTPUTF8') {
      if (value !== '') return answer(501, '5.5.4', 'SMTPUTF8 takes no value');
      smtpUtf8 = true;
    } else if (name === 'AUTH') {
      // Who submitted it first is not passed on: only the key counts here.
      if (value === '') return answer(501, '5.5.4', 'AUTH needs a value');
    } else return UNSUPPORTED_PARAMETER;
  }
  return { size, smtpUtf8 };
}

/** RFC 5321 section 4.1.1.11. */
export const UNSUPPORTED_PARAMETER = answer(555, '5.5.4', 'A parameter of this command is not supported');
