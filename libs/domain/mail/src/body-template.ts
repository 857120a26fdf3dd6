/**
 * A body whose texts hold tags: stored once for all recipients, with its texts as they were given. Values go into the
 * decoded texts and the transfer encoding is chosen afterwards, so that no encoding can break a tag and no value an
 * encoding. The same template and values always give the same bytes.
 *
 * First a line of JSON: `[length]` for bytes that are sent as they are, `[length, type]` for a text; then those bytes.
 */
import { type BodyParts, bodyPieces, renderPiece } from './mime.ts';
import { filled, type Substitutions, TagFinder } from './substitutions.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LF = 10;

type TemplatePiece = readonly [length: number, type?: string];

export function encodeBodyTemplate(parts: BodyParts): Uint8Array {
  const pieces = bodyPieces(parts);
  const bytes = pieces.map((piece) => encoder.encode(typeof piece === 'string' ? piece : piece.text));
  const list = pieces.map((piece, i): TemplatePiece => {
    const length = bytes[i]?.length ?? 0;
    return typeof piece === 'string' ? [length] : [length, piece.type];
  });
  return joined([encoder.encode(`${JSON.stringify(list)}\n`), ...bytes]);
}

/**
 * The body for one recipient, in pieces: what no value can change is not copied.
 *
 * @throws SyntaxError or TypeError if the blob is not what `encodeBodyTemplate` wrote.
 */
export function renderBodyTemplate(template: Uint8Array, values: Substitutions): readonly Uint8Array[] {
  const listEnd = template.indexOf(LF);
  const list = JSON.parse(decoder.decode(template.subarray(0, Math.max(0, listEnd)))) as readonly TemplatePiece[];
  const tags = new TagFinder(Object.keys(values));
  let at = listEnd + 1;
  return list.map(([length, type]) => {
    const bytes = template.subarray(at, at + length);
    at += length;
    if (type === undefined) return bytes;
    return encoder.encode(renderPiece({ type, text: filled(tags.split(decoder.decode(bytes)), values) }));
  });
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
