/** Who a From or Sender field names (RFC 5322 section 3.4), read strictly: what could be read in two ways is not read. */
import { type Mailbox, parseMailbox } from './addresses.ts';

/** Far more than any author list; a hostile field of megabytes is not worth looking at. */
const MAX_FIELD_LENGTH = 100_000;

/**
 * The mailboxes of the field's value, unfolded or not; undefined where it is not a list of mailboxes. Groups
 * (RFC 6854) and routes are refused: receivers differ in what they make of them.
 */
export function headerMailboxes(value: string): readonly Mailbox[] | undefined {
  if (value.length > MAX_FIELD_LENGTH) return undefined;
  const tokens = tokensOf(value);
  if (!tokens) return undefined;
  const mailboxes: Mailbox[] = [];
  for (const entry of separated(tokens)) {
    const mailbox = mailboxOf(entry);
    if (!mailbox) return undefined;
    mailboxes.push(mailbox);
  }
  return mailboxes;
}

interface Token {
  /** `space` stands for white space and comments between the others. */
  readonly kind: 'atom' | 'quoted' | 'special' | 'space';
  readonly text: string;
}

const ATOM = /[^\s()<>[\]:;@\\,"]+/y;
const QUOTED = /"(?:[^"\\\r\n]|\\[^\r\n]|\r\n[ \t])*"/y;
/** Folding white space; a bare line end is the end of the field elsewhere. */
const SPACE = /(?:[ \t]|\r\n(?=[ \t]))+/y;
const SPECIAL = /[<>@,]/y;

const SHAPES = [
  ['space', SPACE],
  ['atom', ATOM],
  ['quoted', QUOTED],
  ['special', SPECIAL],
] as const;

function tokensOf(value: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  // Each turn takes a character at least.
  while (at < value.length) {
    const token = value[at] === '(' ? comment(value, at) : shapeAt(value, at);
    if (!token) return undefined;
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function shapeAt(value: string, at: number): Token | undefined {
  for (const [kind, shape] of SHAPES) {
    shape.lastIndex = at;
    const text = shape.exec(value)?.[0];
    if (text !== undefined) return { kind, text };
  }
  return undefined;
}

/** Comments nest, and a backslash takes the next character literally. */
function comment(value: string, start: number): Token | undefined {
  let depth = 0;
  for (let at = start; at < value.length; at++) {
    const character = value[at];
    if (character === '\\') at++;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return { kind: 'space', text: value.slice(start, at + 1) };
  }
  return undefined;
}

function separated(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const entries: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ',' && token.kind === 'special') entries.push([]);
    else entries.at(-1)?.push(token);
  }
  return entries;
}

function mailboxOf(entry: readonly Token[]): Mailbox | undefined {
  const open = entry.findIndex(isSpecial('<'));
  if (open < 0) return addressOf(entry);
  const close = entry.findIndex(isSpecial('>'));
  // Nothing but space may follow, and the name before is words.
  if (close < open || entry.slice(close + 1).some(({ kind }) => kind !== 'space')) return undefined;
  if (entry.slice(0, open).some(({ kind }) => kind === 'special')) return undefined;
  return addressOf(entry.slice(open + 1, close));
}

function isSpecial(text: string): (token: Token) => boolean {
  return (token) => token.kind === 'special' && token.text === text;
}

function addressOf(tokens: readonly Token[]): Mailbox | undefined {
  const parts = tokens.filter(({ kind }) => kind !== 'space');
  const [local, at, domain, ...rest] = parts;
  if (!local || !at || !domain || rest.length > 0) return undefined;
  if (local.kind === 'special' || at.text !== '@' || domain.kind !== 'atom') return undefined;
  const parsed = parseMailbox(`${local.text}@${domain.text}`);
  return parsed.ok ? parsed.mailbox : undefined;
}
