import { parseMailbox } from './addresses.ts';
import { headerFields } from './dkim/header-block.ts';

const decoder = new TextDecoder();
/** Bytes of a From field that are looked at: what stands behind them is no first mailbox. */
const MAX_FIELD = 8192;

/**
 * Domain of the first mailbox of the From field, lower case and in A-labels: whose mail this says it is. Undefined where
 * there is none that mail could have.
 *
 * @param header whole header lines in CRLF
 */
export function fromDomain(header: Uint8Array): string | undefined {
  const field = headerFields(header).find(({ name }) => name === 'from');
  if (!field) return undefined;
  return domainOf(
    firstMailbox(decoder.decode(header.subarray(field.body, Math.min(field.end, field.body + MAX_FIELD)))),
  );
}

/** The first address without its angle brackets, display name and comments; empty where there is none. */
function firstMailbox(text: string): string {
  const bare = withoutQuotes(text);
  for (const entry of bare.matchAll(/[^,;<>]*(?:<([^>]*)>)?/g)) {
    const [plain, inBrackets] = entry;
    // A group's name and a source route (RFC 5322 section 4.4) end in a colon.
    const address = (inBrackets ?? plain).replace(/^.*:/s, '');
    if (address.includes('@')) return address;
  }
  return '';
}

/** Comments go, and what is quoted becomes one letter: neither can then be taken for an address. */
function withoutQuotes(text: string): string {
  if (!/["(]/.test(text)) return text;
  let bare = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (depth === 0 && character === '"') {
      at = closingQuote(text, at);
      bare += 'q';
    } else if (character === '(') depth++;
    else if (character === ')' && depth > 0) depth--;
    else if (character === '\\') at++;
    else if (depth === 0) bare += character;
  }
  return bare;
}

function closingQuote(text: string, open: number): number {
  let at = open + 1;
  for (; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
  return at;
}

function domainOf(address: string): string | undefined {
  const domain = address.slice(address.lastIndexOf('@') + 1).replace(/\s/g, '');
  const parsed = parseMailbox(`local@${domain}`);
  return parsed.ok ? parsed.mailbox.domain : undefined;
}
