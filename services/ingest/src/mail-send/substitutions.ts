/**
 * `personalizations[].substitutions`: tags and their values. In the subject and the headers they are replaced here, so
 * that what they become is checked before anything is promised; in the content when the message is composed, on its
 * decoded parts, so that the body is stored once. Attachments, addresses and names are left alone.
 */
import {
  type Attachment,
  filled,
  isAscii,
  isHeaderText,
  type Substitutions,
  TagFinder,
  type TextPart,
} from '@penstock/mail';
import { OWN_TEXTS, SENDGRID_TEXTS } from './error-texts.ts';
import type { Headers } from './extras.ts';
import { fieldPath, hasControlCharacters, isContentText, isObject } from './fields.ts';
import type { Personalization } from './personalizations.ts';
import type { Problems } from './problems.ts';

const MAX_BYTES = 10_000;
/** Bounds the time it takes to look for tags in a text made to look like them. */
const MAX_TAG_LENGTH = 100;
const encoder = new TextEncoder();

/** The values where there are any. */
export function checkSubstitutions(value: unknown, path: string, problems: Problems): Substitutions | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) || !Object.values(value).every((one) => typeof one === 'string')) {
    problems.add(path, SENDGRID_TEXTS.substitutions);
    return undefined;
  }
  const values = value as Substitutions;
  const tags = Object.keys(values);
  if (encoder.encode(JSON.stringify(values)).length > MAX_BYTES) problems.add(path, OWN_TEXTS.substitutionsSize);
  for (const tag of tags) {
    if (tag === '' || tag.length > MAX_TAG_LENGTH) problems.add(path, OWN_TEXTS.substitutionTag);
    else if (!isContentText(tag) || !isContentText(values[tag] ?? '')) {
      problems.add(fieldPath(path, tag), OWN_TEXTS.contentText);
    }
  }
  return tags.length === 0 ? undefined : values;
}

/** Longest subject or header value that substitution may make. */
const MAX_HEADER_LENGTH = 20_000;

export interface HeaderTexts {
  readonly subject: string;
  readonly headers: Headers;
}

/** Subject and headers with their values; what they become has to be as safe as what may be given outright. */
export function substituteHeaders(
  { subject, headers }: HeaderTexts,
  values: Substitutions,
  path: string,
  problems: Problems,
): HeaderTexts {
  const tags = new TagFinder(Object.keys(values));
  const replaced = (text: string, isSafe: (text: string) => boolean) => {
    const pieces = text.length > MAX_HEADER_LENGTH ? [text, ''] : tags.split(text);
    if (pieces.length === 1) return text;
    if (text.length > MAX_HEADER_LENGTH || lengthOf(pieces, values) > MAX_HEADER_LENGTH) {
      problems.add(path, OWN_TEXTS.substitutedTooLong);
      return text;
    }
    const result = filled(pieces, values);
    if (!isSafe(result)) problems.add(path, OWN_TEXTS.substitutedControls);
    return isSafe(result) ? result : text;
  };
  let changed = false;
  const own = new Map<string, { readonly name: string; readonly value: string }>();
  for (const [key, { name, value }] of headers) {
    const result = replaced(value, isHeaderText);
    changed ||= result !== value;
    own.set(key, { name, value: result });
  }
  return { subject: replaced(subject, (text) => !hasControlCharacters(text)), headers: changed ? own : headers };
}

function lengthOf(pieces: readonly string[], values: Substitutions): number {
  return pieces.reduce((sum, piece, i) => sum + (i % 2 === 0 ? piece : (values[piece] ?? '')).length, 0);
}

/** Content that holds tags, in characters; and what a value may make of it. */
const MAX_TEMPLATE_LENGTH = 1_000_000;
const MAX_RENDERED_LENGTH = 30_000_000;
/** Sets of tags of one request times the length of its content. */
const MAX_SEARCHED_LENGTH = 50_000_000;

export interface TemplateParts {
  readonly alternatives: readonly TextPart[];
  readonly attachments: readonly Attachment[];
  readonly personalizations: readonly Personalization[];
}

/** What each personalization puts into the content; undefined where the content holds none of the tags. */
export function templateOf(parts: TemplateParts, problems: Problems): readonly Personalization[] | undefined {
  const { alternatives, personalizations } = parts;
  if (personalizations.every(({ substitutions }) => substitutions === undefined)) return undefined;
  const text = alternatives.map((part) => part.text).join('');
  const sets = new TagSets(alternatives);
  for (const { substitutions } of personalizations) {
    if (substitutions) sets.add(Object.keys(substitutions));
    if (sets.size * text.length <= MAX_SEARCHED_LENGTH) continue;
    problems.add('personalizations', OWN_TEXTS.substitutionSets);
    return undefined;
  }
  if (!sets.areUsed) return undefined;
  if (text.length > MAX_TEMPLATE_LENGTH) problems.add('content', OWN_TEXTS.templateTooLong);
  const outside = parts.attachments.reduce((sum, { base64 }) => sum + base64.length * 1.03, 0) + BYTES_OUTSIDE;
  return personalizations.map((personalization, i) => {
    const { substitutions = {} } = personalization;
    const { used, length } = sets.usedIn(substitutions);
    const rendered = text.length + length;
    if (rendered > MAX_RENDERED_LENGTH)
      problems.add(`personalizations.${i}.substitutions`, OWN_TEXTS.substitutedTooLong);
    const units = isAscii(text) && Object.values(used).every(isAscii) ? 1 : 3;
    return { ...personalization, substitutions: used, bodyBytes: Math.ceil(rendered * units * ENCODED + outside) };
  });
}

/** Base64 and quoted-printable make at most this of a text, but for one made to be encoded badly. */
const ENCODED = 1.4;
/** Part headers and boundaries. */
const BYTES_OUTSIDE = 4_000;

/** The sets of tags of a request, nearly always one, each looked for in the content once. */
class TagSets {
  private readonly counts = new Map<string, ReadonlyMap<string, number>>();

  constructor(private readonly parts: readonly TextPart[]) {}

  get size(): number {
    return this.counts.size;
  }

  get areUsed(): boolean {
    return [...this.counts.values()].some(({ size }) => size > 0);
  }

  add(tags: readonly string[]): void {
    const name = setName(tags);
    if (!this.counts.has(name)) this.counts.set(name, this.count(tags));
  }

  /** The values that the content asks for, and by how much they lengthen it. */
  usedIn(values: Substitutions): { readonly used: Substitutions; readonly length: number } {
    const counts = this.counts.get(setName(Object.keys(values))) ?? new Map<string, number>();
    let length = 0;
    for (const [tag, count] of counts) length += count * ((values[tag]?.length ?? 0) - tag.length);
    return { used: Object.fromEntries([...counts.keys()].map((tag) => [tag, values[tag] ?? ''])), length };
  }

  private count(tags: readonly string[]): ReadonlyMap<string, number> {
    const finder = new TagFinder(tags);
    const counts = new Map<string, number>();
    for (const { text } of this.parts) {
      finder.split(text).forEach((tag, i) => {
        if (i % 2 === 1) counts.set(tag, (counts.get(tag) ?? 0) + 1);
      });
    }
    return counts;
  }
}

/** Tags hold no NUL. */
function setName(tags: readonly string[]): string {
  return tags.join('\0');
}
