/** The `DKIM-Signature` field (RFC 6376 section 3.5): without `l=`, which lets others add, and without `x=`. */
import type { DkimAlgorithm } from '@penstock/events';
import type { SignedHeader } from './signed-header.ts';

export interface SignatureParts {
  readonly algorithm: DkimAlgorithm;
  readonly domain: string;
  readonly selector: string;
  /** Seconds since the epoch; the field names no time if absent. */
  readonly signedAt: number | undefined;
  /** What `h=` names. */
  readonly names: readonly string[];
  /** SHA-256 of the relaxed body, base64. */
  readonly bodyHash: string;
}

const NAME = 'DKIM-Signature';
/** Columns of a line. */
const WIDTH = 76;

/** The field up to an empty `b=`, in folded lines, without the last line end. */
export function unsignedField(parts: SignatureParts): string {
  const { algorithm, domain, selector, signedAt, names, bodyHash } = parts;
  const lines = new FoldedLines(`${NAME}:`);
  const tags = ['v=1', `a=${algorithm}`, 'c=relaxed/relaxed', `d=${domain}`, `s=${selector}`];
  if (signedAt !== undefined) tags.push(`t=${signedAt}`);
  for (const tag of tags) lines.word(`${tag};`);
  const last = names.length - 1;
  // White space may stand before a name of the list, not between a name and its colon: some verifiers trim one side.
  for (const [at, name] of names.entries()) {
    const text = `${at === 0 ? 'h=' : ''}${name}${at === last ? ';' : ':'}`;
    if (at === 0) lines.word(text);
    else lines.continuation(text);
  }
  lines.word(`bh=${bodyHash};`);
  lines.word('b=');
  return lines.text;
}

/** What is hashed and signed: the header's fields, then this one, which has no line end (RFC 6376 section 3.7). */
export function signatureInput(header: SignedHeader, unsigned: string): Uint8Array {
  const { canonical } = header;
  const field = relaxed(unsigned);
  const input = new Uint8Array(canonical.length + field.length);
  input.set(canonical);
  for (let at = 0; at < field.length; at++) input[canonical.length + at] = field.charCodeAt(at);
  return input;
}

/** Ours are folded before a single space and have no other white space to reduce. */
function relaxed(field: string): string {
  return `${NAME.toLowerCase()}:${field.slice(NAME.length + 2).replaceAll('\r\n', '')}`;
}

/** The whole field with its signature, base64, and its line end. */
export function signatureField(unsigned: string, signature: string): string {
  let text = unsigned;
  let column = unsigned.length - unsigned.lastIndexOf('\n') - 1;
  for (let at = 0; at < signature.length; ) {
    const room = WIDTH - column;
    text += signature.slice(at, at + room);
    at += room;
    if (at < signature.length) text += '\r\n ';
    column = 1;
  }
  return `${text}\r\n`;
}

class FoldedLines {
  private column: number;

  constructor(public text: string) {
    this.column = text.length;
  }

  /** After a space, or at the beginning of a line, which is the space too. */
  word(word: string): void {
    this.put(word, ' ');
  }

  /** Right behind what stands there, or on a new line. */
  continuation(word: string): void {
    this.put(word, '');
  }

  private put(word: string, before: string): void {
    if (this.column + before.length + word.length > WIDTH) {
      this.text += `\r\n ${word}`;
      this.column = 1 + word.length;
    } else {
      this.text += before + word;
      this.column += before.length + word.length;
    }
  }
}
