/** Headers, custom arguments, categories and send times: what a request and its personalizations may both carry. */
import { isAscii, isHeaderName, isHeaderText } from '@penstock/mail';
import { OWN_TEXTS, SENDGRID_TEXTS, SENDGRID_TEXTS_WITH } from './error-texts.ts';
import { fieldPath, hasControlCharacters, isObject, type JsonObject, refuseControlCharacters } from './fields.ts';
import { type Problems, shortened } from './problems.ts';

/**
 * SendGrid's reserved names, those our own MIME body writes, and those that SMTP submission refuses or drops: they would
 * change who gets the mail, say who gets a blind copy, or are the final host's to write.
 */
const RESERVED_HEADERS = new Set([
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
  'mime-version',
  'x-smtpapi',
  'resent-bcc',
  'return-path',
]);

/** Header fields as given, by name; a name differing only in case is the same one. */
export type Headers = ReadonlyMap<string, { readonly name: string; readonly value: string }>;

export function checkHeaders(value: unknown, path: string, problems: Problems): Headers {
  const headers = new Map<string, { readonly name: string; readonly value: string }>();
  if (!isObject(value)) {
    problems.add(path, OWN_TEXTS.headers);
    return headers;
  }
  for (const [name, content] of Object.entries(value)) {
    const key = name.toLowerCase();
    if (!isHeaderName(name)) problems.add(path, SENDGRID_TEXTS.headerName);
    else if (RESERVED_HEADERS.has(key) || key.startsWith('content-')) {
      problems.add(fieldPath(path, name), SENDGRID_TEXTS.headerReserved);
    } else if (headers.has(key)) problems.add(fieldPath(path, name), SENDGRID_TEXTS.headerDuplicate);
    else if (typeof content !== 'string') problems.add(fieldPath(path, name), SENDGRID_TEXTS.headerValues);
    else if (!isHeaderText(content)) problems.add(fieldPath(path, name), OWN_TEXTS.controlCharacters);
    else headers.set(key, { name, value: content });
  }
  return headers;
}

export type CustomArgs = Readonly<Record<string, string>>;

export function checkCustomArgs(value: unknown, path: string, problems: Problems): CustomArgs {
  if (value === undefined) return {};
  if (!isObject(value)) {
    problems.add(path, OWN_TEXTS.customArgsObject);
    return {};
  }
  if (Object.keys(value).length === 0) problems.add(path, SENDGRID_TEXTS.customArgsEmpty);
  for (const [name, content] of Object.entries(value)) {
    const field = fieldPath(path, name);
    if (typeof content !== 'string') problems.add(field, SENDGRID_TEXTS.customArgs);
    else if (hasControlCharacters(name) || hasControlCharacters(content)) {
      problems.add(field, OWN_TEXTS.controlCharacters);
    }
  }
  return value as CustomArgs;
}

const MAX_CUSTOM_ARGS_BYTES = 10_000;
/** JSON writes a code unit as six bytes at most, and two quotation marks, a colon and a comma around each pair. */
const BYTES_A_UNIT = 6;
const encoder = new TextEncoder();

/** Both sets together, the personalization's winning; counted as the JSON they are kept as. */
export function mergeCustomArgs(
  shared: CustomArgs,
  own: CustomArgs,
  path: string,
  problems: Problems,
): CustomArgs | undefined {
  const merged = { ...shared, ...own };
  let units = 0;
  let any = false;
  for (const name in merged) {
    any = true;
    units += name.length + (merged[name]?.length ?? 0) + 1;
  }
  if (!any) return undefined;
  if (units * BYTES_A_UNIT <= MAX_CUSTOM_ARGS_BYTES) return merged;
  if (encoder.encode(JSON.stringify(merged)).length > MAX_CUSTOM_ARGS_BYTES) {
    problems.add(path, SENDGRID_TEXTS.customArgsSize);
  }
  return merged;
}

const MAX_CATEGORIES = 10;
const MAX_CATEGORY_LENGTH = 255;

export function checkCategories(value: unknown, problems: Problems): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((category) => typeof category === 'string')) {
    problems.add('categories', SENDGRID_TEXTS.categories);
    return [];
  }
  const categories: readonly string[] = value;
  if (categories.length > MAX_CATEGORIES) {
    problems.add('categories', SENDGRID_TEXTS_WITH.tooManyCategories(categories.length));
    return [];
  }
  for (const [i, category] of categories.entries()) checkCategory(categories, category, i, problems);
  return categories;
}

function checkCategory(all: readonly string[], category: string, i: number, problems: Problems): void {
  const field = `categories.${i}`;
  const shown = shortened(category);
  if (category.length > MAX_CATEGORY_LENGTH) problems.add(field, SENDGRID_TEXTS_WITH.categoryTooLong(shown));
  if (!isAscii(category)) problems.add(field, SENDGRID_TEXTS.categoriesAscii);
  else refuseControlCharacters(category, field, problems);
  if (all.indexOf(category) < i) problems.add(field, SENDGRID_TEXTS_WITH.duplicateCategory(shown));
}

const HORIZON_MS = 72 * 3_600_000;

/** A Unix time in seconds as ms; one in the past means now. */
export function checkSendAt(object: JsonObject, path: string, nowMs: number, problems: Problems): number | undefined {
  const value = object.send_at;
  if (value === undefined) return undefined;
  const field = fieldPath(path, 'send_at');
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    problems.add(field, SENDGRID_TEXTS.sendAt);
    return undefined;
  }
  if (value * 1000 > nowMs + HORIZON_MS) problems.add(field, SENDGRID_TEXTS.sendAtHorizon);
  return Math.max(value * 1000, nowMs);
}
