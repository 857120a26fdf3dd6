import { notSupportedText, OWN_TEXTS, unknownFieldText } from './error-texts.ts';
import { type Problems, shortened } from './problems.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldPath(parent: string, child: string | number): string {
  return parent === '' ? String(child) : `${parent}.${child}`;
}

/** Fields of one object of the request: those we read, and those SendGrid documents and we do not support yet. */
export interface KnownFields {
  readonly supported: ReadonlySet<string>;
  readonly unsupported?: ReadonlySet<string>;
}

/** Nothing in a request is passed over in silence. */
export function checkFields(object: JsonObject, path: string, known: KnownFields, problems: Problems): void {
  for (const name in object) {
    if (known.supported.has(name)) continue;
    const field = fieldPath(path, name);
    const text = known.unsupported?.has(name) ? notSupportedText : unknownFieldText;
    problems.add(field, text(shortened(field)));
  }
}

/** C0 controls, DEL, C1 controls and the Unicode line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** A lone surrogate is not expressible in UTF-8. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL.test(text) || !text.isWellFormed();
}

/** Whether the text can be the content of a part: no NUL (RFC 5322 section 4.1 lets no one send it), and UTF-8. */
export function isContentText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Adds a problem where the text has a control character. */
export function refuseControlCharacters(text: string, field: string, problems: Problems): void {
  if (hasControlCharacters(text)) problems.add(field, OWN_TEXTS.controlCharacters);
}
