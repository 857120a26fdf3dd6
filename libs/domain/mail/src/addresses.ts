/**
 * Mailboxes as RFC 5321 section 4.1.2 writes them, with UTF-8 local parts (RFC 6531) and domains as A-labels.
 * Address literals, unqualified names and anything invisible are refused: nobody delivers to them on purpose.
 */

export interface Mailbox {
  /** `localPart@domain`, the form that is stored, hashed and sent. */
  readonly address: string;
  /** As written; quoted only where it must be. */
  readonly localPart: string;
  /** A-labels, lower case. */
  readonly domain: string;
  /** The local part is not ASCII: only a host with SMTPUTF8 can take it. */
  readonly smtpUtf8: boolean;
}

export type AddressProblem =
  | 'empty'
  | 'control_character'
  | 'no_at_sign'
  | 'local_part'
  | 'local_part_too_long'
  | 'domain'
  | 'domain_too_long'
  | 'too_long';

/** What is wrong, for an error message that follows "the address …". */
export const ADDRESS_PROBLEM_TEXTS: Readonly<Record<AddressProblem, string>> = {
  empty: 'is empty',
  control_character: 'contains a control or invisible character',
  no_at_sign: 'has no @',
  local_part: 'has a malformed local part',
  local_part_too_long: 'has a local part longer than 64 octets',
  domain: 'has a malformed domain',
  domain_too_long: 'has a domain longer than 255 octets',
  too_long: 'is longer than 254 octets',
};

export type ParsedMailbox =
  | { readonly ok: true; readonly mailbox: Mailbox }
  | { readonly ok: false; readonly problem: AddressProblem };

/** RFC 5321 section 4.5.3.1: octets of a local part, a domain, and a path without its angle brackets. */
const MAX_LOCAL_PART = 64;
const MAX_DOMAIN = 255;
const MAX_ADDRESS = 254;
const MAX_LABEL = 63;

/**
 * C0 and C1 controls, DEL, separators and the invisible format characters that only serve to disguise an address.
 * Joiners (U+200C, U+200D) are not among them: some scripts need them. U+FFFD stands where bytes were no UTF-8.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]/;

/** Not expressible in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\u{10ffff}-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\u{10ffff}-]+)*$/u;
const QUOTED_STRING = /^"((?:[ !\u0023-\u005b\u005d-~\u00a0-\u{10ffff}]|\\[ -~])*)"$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const ASCII_DOMAIN = /^[A-Za-z0-9.-]*$/;
const DOMAIN_CHARACTERS = /^[A-Za-z0-9.\u00a0-\u{10ffff}-]*$/u;
const DIGITS = /^[0-9]+$/;

const encoder = new TextEncoder();

/**
 * What nearly every address looks like: ASCII atoms and labels, lower case behind the @. It allows less than the rules
 * below and never more, so that it only saves time.
 */
const COMMON =
  /^([A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64}){0,8})@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63})$/;

/** Parses one bare address, without display name and angle brackets. */
export function parseMailbox(text: string): ParsedMailbox {
  const [address, local = '', name = ''] = (text.length <= MAX_ADDRESS && COMMON.exec(text)) || [];
  if (address !== undefined && local.length <= MAX_LOCAL_PART) {
    return { ok: true, mailbox: { address, localPart: local, domain: name, smtpUtf8: false } };
  }
  return parseUncommon(text);
}

function parseUncommon(text: string): ParsedMailbox {
  if (text === '') return refused('empty');
  // No address of 254 octets has more code units; longer text is not worth looking at.
  if (text.length > MAX_LOCAL_PART + 1 + MAX_DOMAIN) return refused('too_long');
  if (UNSAFE.test(text) || LONE_SURROGATE.test(text)) return refused('control_character');
  const at = text.lastIndexOf('@');
  if (at < 0) return refused('no_at_sign');
  const localPart = normalLocalPart(text.slice(0, at));
  if (localPart === undefined) return refused('local_part');
  if (octets(localPart) > MAX_LOCAL_PART) return refused('local_part_too_long');
  const domain = parseDomain(text.slice(at + 1));
  if (typeof domain !== 'object') return refused(domain);
  const address = `${localPart}@${domain.name}`;
  if (octets(address) > MAX_ADDRESS) return refused('too_long');
  return { ok: true, mailbox: { address, localPart, domain: domain.name, smtpUtf8: !isAscii(localPart) } };
}

function refused(problem: AddressProblem): ParsedMailbox {
  return { ok: false, problem };
}

/** `"joe"` and `joe` are one mailbox (RFC 5321 section 4.1.2): the quotes go where they are not needed. */
function normalLocalPart(text: string): string | undefined {
  if (DOT_STRING.test(text)) return text;
  const quoted = QUOTED_STRING.exec(text)?.[1];
  if (quoted === undefined) return undefined;
  const content = quoted.replace(/\\(.)/g, '$1');
  if (content === '') return undefined;
  return DOT_STRING.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`;
}

function parseDomain(text: string): { readonly name: string } | 'domain' | 'domain_too_long' {
  if (octets(text) > MAX_DOMAIN) return 'domain_too_long';
  const name = isAscii(text) ? asciiDomain(text) : internationalDomain(text);
  if (name === undefined) return 'domain';
  if (name.length > MAX_DOMAIN) return 'domain_too_long';
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  // An unqualified name means something else on every host, and an all-digit last label is an IP address.
  if (labels.length < 2 || DIGITS.test(last)) return 'domain';
  return labels.every((label) => label.length <= MAX_LABEL && LABEL.test(label)) ? { name } : 'domain';
}

function asciiDomain(text: string): string | undefined {
  return ASCII_DOMAIN.test(text) ? text.toLowerCase() : undefined;
}

/** UTS 46 as the URL standard applies it: deterministic, and the same in every runtime. */
function internationalDomain(text: string): string | undefined {
  if (!DOMAIN_CHARACTERS.test(text)) return undefined;
  const url = URL.parse(`http://${text}/`);
  return url === null ? undefined : asciiDomain(url.hostname);
}

function octets(text: string): number {
  return isAscii(text) ? text.length : encoder.encode(text).length;
}

/** Whether every code unit is below 128. */
export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return /^[\u0000-\u007f]*$/.test(text);
}
