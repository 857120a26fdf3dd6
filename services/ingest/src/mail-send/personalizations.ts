import type { Substitutions } from '@penstock/mail';
import { OWN_TEXTS, SENDGRID_TEXTS, SENDGRID_TEXTS_WITH } from './error-texts.ts';
import {
  type CustomArgs,
  checkCustomArgs,
  checkHeaders,
  checkSendAt,
  type Headers,
  mergeCustomArgs,
} from './extras.ts';
import { checkFields, fieldPath, isObject, type JsonObject, refuseControlCharacters } from './fields.ts';
import { checkPeople, type Person } from './people.ts';
import type { Problems } from './problems.ts';
import { checkSubstitutions, substituteHeaders } from './substitutions.ts';

/** One version of the message: who gets it and what differs in it. */
export interface Personalization {
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
  readonly bcc: readonly Person[];
  readonly subject: string;
  /** The request's and its own, its own winning. */
  readonly headers: Headers;
  readonly customArgs?: CustomArgs;
  /** ms since the epoch */
  readonly sendAt: number;
  /** Values for the tags of the content; subject and headers already hold theirs. */
  readonly substitutions?: Substitutions;
  /** Bytes of the body with them, rounded up. */
  readonly bodyBytes?: number;
}

/** What the request says for all of them. */
export interface SharedFields {
  readonly subject?: string;
  readonly headers: Headers;
  readonly customArgs: CustomArgs;
  readonly sendAt?: number;
}

const FIELDS = {
  supported: new Set(['to', 'cc', 'bcc', 'subject', 'headers', 'custom_args', 'send_at', 'substitutions']),
  unsupported: new Set(['from', 'dynamic_template_data']),
};

const MAX_PERSONALIZATIONS = 1000;
const MAX_RECIPIENTS = 1000;

export function checkPersonalizations(
  value: unknown,
  shared: SharedFields,
  nowMs: number,
  problems: Problems,
): readonly Personalization[] {
  const refuse = (text: string) => {
    problems.add('personalizations', text);
    return [];
  };
  if (value === undefined) return refuse(SENDGRID_TEXTS.noPersonalization);
  if (!Array.isArray(value)) return refuse(OWN_TEXTS.personalizations);
  if (value.length === 0) return refuse(SENDGRID_TEXTS.noPersonalization);
  if (value.length > MAX_PERSONALIZATIONS) return refuse(SENDGRID_TEXTS_WITH.tooManyPersonalizations(value.length));
  if (recipientCount(value) > MAX_RECIPIENTS) return refuse(SENDGRID_TEXTS.tooManyRecipients);
  return value.flatMap(
    (entry: unknown, i) => checkPersonalization(entry, `personalizations.${i}`, shared, nowMs, problems) ?? [],
  );
}

/** Counted before anything is looked at more closely: it bounds the work. */
function recipientCount(personalizations: readonly unknown[]): number {
  let count = 0;
  for (const entry of personalizations) {
    if (isObject(entry)) count += lengthOf(entry.to) + lengthOf(entry.cc) + lengthOf(entry.bcc);
  }
  return count;
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function checkPersonalization(
  value: unknown,
  path: string,
  shared: SharedFields,
  nowMs: number,
  problems: Problems,
): Personalization | undefined {
  if (!isObject(value)) {
    problems.add(path, OWN_TEXTS.personalizations);
    return undefined;
  }
  checkFields(value, path, FIELDS, problems);
  const people = checkRecipients(value, path, problems);
  const subject = checkSubject(value.subject, fieldPath(path, 'subject'), problems) ?? shared.subject;
  if (subject === undefined && value.subject === undefined) {
    problems.add(fieldPath(path, 'subject'), SENDGRID_TEXTS.subjectRequired);
  }
  const { headers } = value;
  const ownHeaders = headers === undefined ? undefined : checkHeaders(headers, fieldPath(path, 'headers'), problems);
  const argsPath = fieldPath(path, 'custom_args');
  const ownArgs = checkCustomArgs(value.custom_args, argsPath, problems);
  const customArgs = mergeCustomArgs(shared.customArgs, ownArgs, argsPath, problems);
  const sendAt = checkSendAt(value, path, nowMs, problems) ?? shared.sendAt ?? nowMs;
  const merged = ownHeaders?.size ? new Map([...shared.headers, ...ownHeaders]) : shared.headers;
  const texts = { subject: subject ?? '', headers: merged };
  const tagsPath = fieldPath(path, 'substitutions');
  const substitutions = checkSubstitutions(value.substitutions, tagsPath, problems);
  return {
    ...people,
    ...(substitutions ? substituteHeaders(texts, substitutions, tagsPath, problems) : texts),
    ...(customArgs && { customArgs }),
    ...(substitutions && { substitutions }),
    sendAt,
  };
}

export function checkSubject(value: unknown, field: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') {
    problems.add(field, SENDGRID_TEXTS.subject);
    return undefined;
  }
  refuseControlCharacters(value, field, problems);
  return value;
}

type Recipients = Pick<Personalization, 'to' | 'cc' | 'bcc'>;

function checkRecipients(value: JsonObject, path: string, problems: Problems): Recipients {
  const toPath = fieldPath(path, 'to');
  if (value.to === undefined || (Array.isArray(value.to) && value.to.length === 0)) {
    problems.add(toPath, SENDGRID_TEXTS.toRequired);
  }
  const list = (name: 'to' | 'cc' | 'bcc') =>
    value[name] === undefined ? [] : checkList(value[name], fieldPath(path, name), SENDGRID_TEXTS[name], problems);
  const recipients = { to: list('to'), cc: list('cc'), bcc: list('bcc') };
  if (recipients.to.length + recipients.cc.length + recipients.bcc.length > 1) {
    refuseRepeated(recipients, path, problems);
  }
  return recipients;
}

function refuseRepeated(recipients: Recipients, path: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const name of ['to', 'cc', 'bcc'] as const) {
    for (const [i, { mailbox }] of recipients[name].entries()) {
      const key = mailbox.address.toLowerCase();
      if (seen.has(key)) {
        problems.add(`${path}.${name}.${i}.email`, SENDGRID_TEXTS_WITH.duplicateAddress(mailbox.address));
      }
      seen.add(key);
    }
  }
}

function checkList(value: unknown, path: string, text: string, problems: Problems): readonly Person[] {
  if (!Array.isArray(value)) {
    problems.add(path, text);
    return [];
  }
  return checkPeople(value, path, text, problems);
}
