import { type Attachment, isBase64, isMediaType, type TextPart } from '@penstock/mail';
import { OWN_TEXTS, SENDGRID_TEXTS, SENDGRID_TEXTS_WITH } from './error-texts.ts';
import { checkFields, fieldPath, hasControlCharacters, isContentText, isObject, type JsonObject } from './fields.ts';
import { type Problems, shortened } from './problems.ts';

const CONTENT_FIELDS = { supported: new Set(['type', 'value']) };

export function checkContent(value: unknown, problems: Problems): readonly TextPart[] {
  if (value === undefined) {
    problems.add('content', SENDGRID_TEXTS.contentRequired);
    return [];
  }
  if (!Array.isArray(value) || value.length === 0) {
    problems.add('content', SENDGRID_TEXTS.contentEmpty);
    return [];
  }
  const parts = value.flatMap((entry: unknown, i) => checkPart(entry, `content.${i}`, problems) ?? []);
  if (!isOrdered(parts)) problems.add('content', SENDGRID_TEXTS.contentOrder);
  return parts;
}

function checkPart(value: unknown, path: string, problems: Problems): TextPart | undefined {
  if (!isObject(value)) {
    problems.add(path, SENDGRID_TEXTS.contentEmpty);
    return undefined;
  }
  checkFields(value, path, CONTENT_FIELDS, problems);
  const type = checkContentType(value.type, fieldPath(path, 'type'), problems);
  const text = value.value;
  const field = fieldPath(path, 'value');
  if (text === undefined) problems.add(field, SENDGRID_TEXTS.contentValueRequired);
  else if (typeof text !== 'string' || text === '') problems.add(field, SENDGRID_TEXTS.contentValue);
  else if (!isContentText(text)) problems.add(field, OWN_TEXTS.contentText);
  else if (type !== undefined) return { type, text };
  return undefined;
}

function checkContentType(value: unknown, field: string, problems: Problems): string | undefined {
  if (value === undefined) problems.add(field, SENDGRID_TEXTS.contentTypeRequired);
  else if (typeof value !== 'string' || value === '') problems.add(field, SENDGRID_TEXTS.contentType);
  else if (isUnsafeType(value)) problems.add(field, SENDGRID_TEXTS.contentTypeUnsafe);
  else if (!isMediaType(value) || value.toLowerCase().startsWith('multipart/')) {
    problems.add(field, OWN_TEXTS.mediaType);
  } else return value.toLowerCase();
  return undefined;
}

function isUnsafeType(type: string): boolean {
  return type.includes(';') || hasControlCharacters(type);
}

const RANKS: Readonly<Record<string, number>> = { 'text/plain': 0, 'text/html': 1 };

function isOrdered(parts: readonly TextPart[]): boolean {
  const ranks = parts.map(({ type }) => RANKS[type] ?? 2);
  return ranks.every((rank, i) => i === 0 || rank >= (ranks[i - 1] ?? 0));
}

const ATTACHMENT_FIELDS = { supported: new Set(['content', 'filename', 'type', 'disposition', 'content_id']) };

export function checkAttachments(value: unknown, problems: Problems): readonly Attachment[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.add('attachments', OWN_TEXTS.attachments);
    return [];
  }
  return value.flatMap((entry: unknown, i) => checkAttachment(entry, `attachments.${i}`, problems) ?? []);
}

function checkAttachment(value: unknown, path: string, problems: Problems): Attachment | undefined {
  if (!isObject(value)) {
    problems.add(path, OWN_TEXTS.attachments);
    return undefined;
  }
  checkFields(value, path, ATTACHMENT_FIELDS, problems);
  const base64 = checkBase64(value.content, fieldPath(path, 'content'), problems);
  const filename = checkFilename(value.filename, fieldPath(path, 'filename'), problems);
  const type = checkAttachmentType(value.type, fieldPath(path, 'type'), problems);
  const disposition = checkDisposition(value.disposition, fieldPath(path, 'disposition'), problems);
  const contentId = checkContentId(value, path, problems);
  if (base64 === undefined || filename === undefined || type === undefined || disposition === undefined)
    return undefined;
  return { base64, filename, type, disposition, ...(contentId === undefined ? {} : { contentId }) };
}

function checkBase64(value: unknown, field: string, problems: Problems): string | undefined {
  if (typeof value !== 'string' || value === '') {
    problems.add(field, SENDGRID_TEXTS.attachmentContent);
    return undefined;
  }
  const base64 = /\s/.test(value) ? value.replace(/[ \t\r\n]+/g, '') : value;
  if (isBase64(base64)) return base64;
  problems.add(field, SENDGRID_TEXTS.attachmentBase64);
  return undefined;
}

function checkFilename(value: unknown, field: string, problems: Problems): string | undefined {
  if (value === undefined || value === '') problems.add(field, SENDGRID_TEXTS.filenameRequired);
  else if (typeof value !== 'string') problems.add(field, SENDGRID_TEXTS.filename);
  else if (hasControlCharacters(value)) problems.add(field, SENDGRID_TEXTS.filenameUnsafe);
  else return value;
  return undefined;
}

function checkAttachmentType(value: unknown, field: string, problems: Problems): string | undefined {
  if (value === undefined) return 'application/octet-stream';
  if (typeof value !== 'string' || value === '') problems.add(field, SENDGRID_TEXTS.attachmentType);
  else if (isUnsafeType(value)) problems.add(field, SENDGRID_TEXTS.attachmentTypeUnsafe);
  // A multipart or message part may not be base64 (RFC 2046 sections 5.1 and 5.2).
  else if (!isMediaType(value) || /^(multipart|message)\//i.test(value)) problems.add(field, OWN_TEXTS.mediaType);
  else return value;
  return undefined;
}

function checkDisposition(value: unknown, field: string, problems: Problems): Attachment['disposition'] | undefined {
  if (value === undefined) return 'attachment';
  if (value === 'inline' || value === 'attachment') return value;
  const given = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  problems.add(field, SENDGRID_TEXTS_WITH.disposition(shortened(given)));
  return undefined;
}

const CONTENT_ID = /^[!-;=?-~]{1,200}$/;

function checkContentId(attachment: JsonObject, path: string, problems: Problems): string | undefined {
  const value = attachment.content_id;
  const field = fieldPath(path, 'content_id');
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    problems.add(field, SENDGRID_TEXTS_WITH.contentId(shortened(JSON.stringify(value) ?? '')));
  } else if (hasControlCharacters(value)) problems.add(field, SENDGRID_TEXTS.contentIdUnsafe);
  else if (!CONTENT_ID.test(value)) problems.add(field, OWN_TEXTS.contentIdText);
  else return value;
  return undefined;
}
