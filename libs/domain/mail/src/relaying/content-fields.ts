/** What an entity's Content-Type and Content-Transfer-Encoding say (RFC 2045 sections 5 and 6). */
import { AMBIGUOUS, type Entity, soleValue } from './entity.ts';

export type ContentKind =
  | { readonly kind: 'text' }
  | { readonly kind: 'other' }
  | { readonly kind: 'multipart'; readonly boundary: string }
  /** Not to be touched: signed or sealed, a message within the message, or not understood. */
  | { readonly kind: 'whole' };

const WHOLE: ContentKind = { kind: 'whole' };
/** Changing a byte below these breaks a signature, or what was sealed (RFC 1847). */
const SEALED = new Set(['multipart/signed', 'multipart/encrypted']);
const TOKEN = "[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+";
const TYPE = new RegExp(`^(${TOKEN})\\s*/\\s*(${TOKEN})\\s*(?:;|$)`);
const BOUNDARY = new RegExp(
  `;\\s*boundary\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.){1,70})"|(${TOKEN}|[^\\s;"]{1,70}))\\s*(?=;|$)`,
  'gi',
);

/** `fallback` is what an entity without the field is: text, or what its multipart says. */
export function contentKind(entity: Entity, fallback: ContentKind = { kind: 'text' }): ContentKind {
  const value = soleValue(entity, 'content-type');
  if (value === AMBIGUOUS) return WHOLE;
  if (value === undefined || value === '') return fallback;
  const plain = withoutComments(value);
  const [, main = '', sub = ''] = TYPE.exec(plain) ?? [];
  const type = `${main}/${sub}`.toLowerCase();
  if (type === '/' || SEALED.has(type) || type.startsWith('message/')) return WHOLE;
  if (type.startsWith('text/')) return { kind: 'text' };
  if (!type.startsWith('multipart/')) return { kind: 'other' };
  const [boundary, ...others] = [...plain.matchAll(BOUNDARY)];
  if (!boundary || others.length > 0) return WHOLE;
  // White space at its end would be lost on the way (RFC 2046 section 5.1.1).
  const name = (boundary[1]?.replace(/\\(.)/g, '$1') ?? boundary[2] ?? '').trimEnd();
  return name === '' ? WHOLE : { kind: 'multipart', boundary: name };
}

/** RFC 2046 section 5.1.5: what a part of a digest is that does not say what it is. */
export function isDigest(entity: Entity): boolean {
  const value = soleValue(entity, 'content-type');
  return typeof value === 'string' && /^multipart\/digest\b/i.test(value);
}

export type TransferEncoding = 'identity' | 'quoted-printable' | 'base64' | 'unknown';

export function transferEncoding(entity: Entity): TransferEncoding {
  const value = soleValue(entity, 'content-transfer-encoding');
  if (value === AMBIGUOUS) return 'unknown';
  const name = withoutComments(value ?? '7bit')
    .trim()
    .toLowerCase();
  if (name === '7bit' || name === '8bit' || name === 'binary') return 'identity';
  return name === 'quoted-printable' || name === 'base64' ? name : 'unknown';
}

/** Comments outside of quoted strings (RFC 5322 section 3.2.2) become one blank. */
function withoutComments(value: string): string {
  if (!value.includes('(')) return value;
  let plain = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const character = value[i] as string;
    if (character === '\\' && (quoted || depth > 0)) {
      if (quoted) plain += character + (value[i + 1] ?? '');
      i++;
    } else if (quoted || (depth === 0 && character !== '(')) {
      if (character === '"') quoted = !quoted;
      plain += character;
    } else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) plain += ' ';
  }
  return plain;
}
